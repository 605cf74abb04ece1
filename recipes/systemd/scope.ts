import { z } from 'zod'
import { path } from '../../src/index.ts'
import type { Path, StepsContext } from '../../src/index.ts'
import type { Service } from './service.ts'

/** Whose systemd a unit is of, and how it is called: what every recipe over systemd has among its settings. */
export const scopeSettings = {
  /** whose systemd: the host's, through sudo, or a user's own */
  serviceUnitUser: z.enum(['system', 'user']).default('user'),
  /** the user that the service runs as, where it is not who deploys: `User=` of a system unit, or whose own systemd has the unit */
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

/** What the functions of this folder need of a task's context; any recipe's that has {@link scopeSettings}. */
export type Context = StepsContext<ScopeSettings> & {
  /** what the texts call it; {@link serving} sets it */
  readonly service?: Service
}
/** What asks and acts: the settings, and what the host said of its users (nothing yet while facts are made). */
export type Asking = Pick<Context, 'settings' | 'facts'> & { readonly layout?: Pick<Context['layout'], 'user'> }

/** The user whose own systemd has the units, where that is not who logs in: sudo leads there. */
export const otherUser = ({ settings: s, layout }: Pick<Asking, 'settings' | 'layout'>): string | undefined =>
  s.serviceUnitUser === 'user' && s.user !== null && s.user !== layout?.user ? s.user : undefined

/** The account whose own systemd has the units. '' : the login was not read. */
export const ownerOf = (c: Pick<Context, 'settings' | 'layout'>): string => otherUser(c) ?? c.layout.user

/** Where the unit files of this scope are; a user's by the home that the host names. */
export const unitDir = (c: Pick<Context, 'settings' | 'facts' | 'layout'>): Path => {
  if (c.settings.serviceUnitUser === 'system') return path('/etc/systemd/system')
  const other = otherUser(c)
  // of a user who is not there nothing can be written either: sudo says so first
  const home = other === undefined ? c.layout.home : (accountOf(c.facts)?.home ?? `/home/${other}`)
  return path(`${home}/.config/systemd/user`)
}

/** The fact `account`: the entry of `user` in the host's passwd(5); undefined where there is none. */
export const accountOf = (facts: Asking['facts']): { uid: string; home: string } | undefined => {
  const [, , uid = '', , , home = ''] = facts.account?.ok ? facts.account.stdout.trim().split(':') : []
  return /^\d+$/.test(uid) && home.startsWith('/') ? { uid, home } : undefined
}
