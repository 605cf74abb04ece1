import { z } from 'zod'
import { path } from '../../src/index.ts'
import type { Command, Path, StepsContext } from '../../src/index.ts'
import { account, program } from '../../src/kit/index.ts'
import type { SystemdFacts } from './known.ts'
import type { ServiceWording } from './wording.ts'

/** Settings of every recipe that uses systemd: which systemd has the unit, and how to call it. */
export const scopeSettings = {
  /** The systemd that runs the unit: the system's, through sudo, or a user's own. */
  serviceUnitUser: z.enum(['system', 'user']).default('user'),
  /**
   * The user that the service runs as; null: the deploying one. It is `User=` of a system unit, or the user whose own systemd has the unit.
   * @since 0.2.0
   */
  user: account
    .refine((name) => name !== 'system', "is the name of an account: to choose the systemd, write serviceUnitUser: 'system'")
    .nullable()
    .default(null),
  /** The systemctl command, or its full path. */
  systemctlBin: program.default('systemctl'),
}
export interface ScopeSettings {
  readonly serviceUnitUser: 'system' | 'user'
  readonly user: string | null
  readonly systemctlBin: string
}

/** What this folder needs from a task's context, in any recipe with {@link scopeSettings} and the facts of this folder. */
export type Context = StepsContext<ScopeSettings, Record<string, unknown>, SystemdFacts> & {
  /** how messages name the service; {@link withWording} sets it */
  readonly service: ServiceWording
}
/** What commands are made from: the settings, and the facts about the host's users (none yet while facts are made). */
export type ScopeContext = Pick<Context, 'settings' | 'facts'> & { readonly layout?: Pick<Context['layout'], 'user'> }

/** The user whose own systemd has the units, if that is not the login: commands reach it through sudo. */
export const otherUser = ({ settings: s, layout }: Pick<ScopeContext, 'settings' | 'layout'>): string | undefined =>
  s.serviceUnitUser === 'user' && s.user !== null && s.user !== layout?.user ? s.user : undefined

/** The account whose own systemd has the units; '' if the login is not known. */
export const scopeUser = (c: Pick<Context, 'settings' | 'layout'>): string => otherUser(c) ?? c.layout.user

/** Whether the host's systemd has the units. */
export const isSystem = ({ settings }: Pick<ScopeContext, 'settings'>): boolean => settings.serviceUnitUser === 'system'

/** The words that choose a user's systemd, for systemctl, journalctl and systemd-analyze. */
export const userOption = (c: Pick<ScopeContext, 'settings'>): readonly string[] => (isSystem(c) ? [] : ['--user'])

/** The words that run systemctl in this scope. */
export const systemctl = (c: ScopeContext | Pick<ScopeContext, 'settings'>): readonly string[] => [
  c.settings.systemctlBin,
  ...userOption(c),
]

/** A call of systemctl as a person types it, and as whom. */
export const typedSystemctl = (c: Pick<Context, 'settings' | 'layout'>, ...words: readonly string[]): string =>
  [...(isSystem(c) ? ['sudo'] : []), ...systemctl(c), ...words, ...asOther(c)].join(' ')

/** The end of a command as a person reads it, if another user has to type it. */
export const asOther = (c: Pick<ScopeContext, 'settings' | 'layout'>): readonly string[] => {
  const other = otherUser(c)
  return other === undefined ? [] : ['as', other]
}

/** What only root may do for system units, through sudo. */
export const withSudo = (c: Pick<ScopeContext, 'settings'>, command: Command): Command => (isSystem(c) ? command.sudo() : command)

/** The folder of this scope's unit files; for a user, in the home that the host reports. */
export const unitDir = (c: Pick<Context, 'settings' | 'facts' | 'layout'>): Path => {
  if (isSystem(c)) return path('/etc/systemd/system')
  const other = otherUser(c)
  // if that user does not exist, sudo fails before anything is written
  const home = other === undefined ? c.layout.home : (c.facts.account?.home ?? `/home/${other}`)
  return path(`${home}/.config/systemd/user`)
}
