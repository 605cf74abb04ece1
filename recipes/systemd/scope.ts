import { z } from 'zod'
import { path } from '../../src/index.ts'
import type { Path, StepsContext } from '../../src/index.ts'
import type { Service } from './service.ts'

/** Settings of every recipe that uses systemd: whose systemd has the unit, and how to call it. */
export const scopeSettings = {
  /** whose systemd has the unit: the host's, through sudo, or a user's own */
  serviceUnitUser: z.enum(['system', 'user']).default('user'),
  /** the user that the service runs as, if not the deploying one: `User=` of a system unit, or the one whose own systemd has the unit */
  user: z
    .string()
    .min(1)
    .regex(/^[^\s:/-][^\s:/]*$/, 'is the name of a user')
    .nullable()
    .default(null),
  systemctlBin: z.string().min(1).regex(/^\S+$/, 'is one word: a command or its path').default('systemctl'),
}
export interface ScopeSettings {
  readonly serviceUnitUser: 'system' | 'user'
  readonly user: string | null
  readonly systemctlBin: string
}

/** What this folder needs of a task's context, in any recipe with {@link scopeSettings}. */
export type Context = StepsContext<ScopeSettings> & {
  /** how messages name the service; {@link serving} sets it */
  readonly service?: Service
}
/** What commands are made from: the settings, and the facts about the host's users (none yet while facts are made). */
export type Asking = Pick<Context, 'settings' | 'facts'> & { readonly layout?: Pick<Context['layout'], 'user'> }

/** The user whose own systemd has the units, if that is not the login: commands reach it through sudo. */
export const otherUser = ({ settings: s, layout }: Pick<Asking, 'settings' | 'layout'>): string | undefined =>
  s.serviceUnitUser === 'user' && s.user !== null && s.user !== layout?.user ? s.user : undefined

/** The account whose own systemd has the units; '' if the login is not known. */
export const ownerOf = (c: Pick<Context, 'settings' | 'layout'>): string => otherUser(c) ?? c.layout.user

/** The folder of this scope's unit files; for a user, in the home that the host reports. */
export const unitDir = (c: Pick<Context, 'settings' | 'facts' | 'layout'>): Path => {
  if (c.settings.serviceUnitUser === 'system') return path('/etc/systemd/system')
  const other = otherUser(c)
  // if that user does not exist, sudo fails before anything is written
  const home = other === undefined ? c.layout.home : (accountOf(c.facts)?.home ?? `/home/${other}`)
  return path(`${home}/.config/systemd/user`)
}

/** The fact `account`: the entry of `user` in the host's passwd(5); undefined if there is none. */
export const accountOf = (facts: Asking['facts']): { uid: string; home: string } | undefined => {
  const [, , uid = '', , , home = ''] = facts.account?.ok ? facts.account.stdout.trim().split(':') : []
  return /^\d+$/.test(uid) && home.startsWith('/') ? { uid, home } : undefined
}
