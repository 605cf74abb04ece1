import type { Command, LogsContext } from '../../src/index.ts'
import { otherUser, userOption, type ScopeSettings } from './scope.ts'
import { inScope } from './systemctl.ts'
import { isHere, type ServiceDefinition } from './service-definition.ts'

/** The journal of a service, for `shipit STAGE logs`, under the last part of its tasks' name: `puma`, `web`. */
export const serviceLogs = <S, H>(definition: ServiceDefinition<S, H>, c: LogsContext<S>): Readonly<Record<string, Command>> => {
  if (!isHere(definition, c)) return {}
  const { scope, units } = definition.describe(c.settings)
  return { [definition.tasks.replace(/^.*:/, '')]: journal(c, scope, units) }
}

/** The last lines of the units' journal, with the time and its zone in front. */
export const journal = ({ log }: Pick<LogsContext, 'log'>, scope: ScopeSettings, units: readonly string[]): Command => {
  const c = { settings: scope, facts: {}, layout: { user: log.user } }
  const words = [
    'journalctl',
    ...userOption(c),
    '--no-pager',
    '-o',
    'short-iso',
    '-n',
    log.lines,
    ...(log.since === undefined ? [] : ['--since', `@${log.since}`]),
    ...(log.follow ? ['-f'] : []),
    ...units.flatMap((unit) => ['-u', unit]),
  ]
  return inScope(c)`${words}`.hint(({ stderr }) => unreadable(stderr, otherUser(c) ?? log.user))
}

/** What to do if an account may not read the journal. */
export const unreadable = (stderr: string, user: string): string | undefined =>
  /insufficient permissions|not seeing messages|No journal files/.test(stderr)
    ? `${user || 'the user'} may not read the journal. As root: usermod -aG systemd-journal ${user || 'USER'}`
    : undefined
