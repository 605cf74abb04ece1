import type { StepsContext } from '../../src/index.ts'
import { hasRole, rolesOf, sidekiqOf, type Watcher } from '../rules/index.ts'
import { instances, unitNames, type Settings as SidekiqSettings } from '../sidekiq/services.ts'
import type { Settings } from './settings.ts'

type Context = StepsContext<Settings>
type Service = Settings['services'][string]

/** A process that Monit watches on a host, in its own file. */
export interface WatchedService {
  /** its name in the settings */
  readonly service: string
  /** its name in Monit */
  readonly name: string
  readonly settings: Service
  /** how Monit finds it: `matching "…"` or `pidfile "…"` */
  readonly by: readonly ['matching' | 'pidfile', string]
  readonly start: string
  readonly stop: string
  readonly restart: string | null
}

export const MONIT_WATCHER: Watcher = {
  recipe: 'monit',
  name: 'Monit',
  get: 'apt-get install monit',
  bin: ({ monitBin }: Settings) => monitBin,
  watches: (c: Here) => watchedServices(c).length > 0,
  unwatchable: (c: Of, service) => unwatchable(c, service),
}

type Of = Pick<Context, 'settings' | 'settingsOf'>
/** What determines the checks of a host, before and after it was read: only afterwards is the login known for sure. */
export type Here = Of &
  Pick<Context, 'host' | 'application' | 'stage' | 'usedAs' | 'paths'> & {
    readonly layout?: Pick<Context['layout'], 'user' | 'home'>
  }

/** What Monit watches on this host, in the order of the settings. */
export const watchedServices = (c: Here): readonly WatchedService[] =>
  Object.entries(c.settings.services).flatMap(([service, settings]) => {
    if (!hasRole(c.host, rolesOf(c, service)) || unwatchable(c, service) !== undefined) return []
    const { pidfile, matching, start, stop, restart } = settings
    const command = commandsOf(c, service, settings)
    return [
      {
        service,
        name: checkName(c, service),
        settings,
        by:
          pidfile === null ? (['matching', matching ?? titlePattern(c, sidekiqOf(c, service))] as const) : (['pidfile', pidfile] as const),
        start: start ?? command('start'),
        stop: stop ?? command('stop'),
        restart: restart ?? (start === null ? command('restart') : null),
      },
    ]
  })

/** The name of a service's check in Monit. */
export const checkName = ({ settings, application, stage }: Pick<Context, 'settings' | 'application' | 'stage'>, service: string): string =>
  settings.services[service]!.name ?? `${service}_${application}_${stage}`

/** Why Monit cannot watch a service as it is set up, or undefined. */
const unwatchable = (c: Of, service: string): string | undefined => {
  const { matching, pidfile, unit, start } = c.settings.services[service]!
  const isFound = matching !== null || pidfile !== null
  const s = sidekiqOf(c, service)
  if (s === undefined)
    return service === 'sidekiq' && !isFound ? 'it needs matching or pidfile: the recipe sidekiq() is not used' : undefined
  const processes = s.manager === 'upstart' ? instances(s).length : unitNames(s).length
  if (processes > 1 && (!isFound || (unit === null && start === null)))
    return `Sidekiq has ${processes} processes on a host, which Monit cannot tell apart: name each, with unit and matching (or pidfile)`
  const program = rubyFileOf(s)
  if (!isFound && tagOf(s) === undefined && program !== undefined)
    return `Sidekiq loads ${program} instead of Rails, so its title has no tag to match. Set one, ${withTag(s)}, or set matching or pidfile`
  if (s.manager === 'signals' && start === null && unit === null) return "manager: 'signals' has no unit: set start, stop and pidfile"
  return undefined
}

/** Sidekiq's `-g` or `--tag`, if set. */
const tagOf = (s: Partial<SidekiqSettings>): string | undefined =>
  s.manager === 'signals' ? (s.signals?.tag ?? undefined) : optionOf(s.commandArgs ?? [], '-g', '--tag')

/** The setting that gives Sidekiq a tag. */
const withTag = (s: Partial<SidekiqSettings>): string =>
  s.manager === 'signals'
    ? "signals: { tag: 'NAME' }"
    : `commandArgs: ${JSON.stringify([...(s.commandArgs ?? []), '-g', 'NAME']).replaceAll('"', "'")}`

/** The file that Sidekiq loads instead of a Rails application. If it loads a folder, its tag is the folder's name, as with Rails. */
const rubyFileOf = (s: Partial<SidekiqSettings>): string | undefined => {
  const file = s.manager === 'signals' ? s.signals?.require?.[0] : optionOf(s.commandArgs ?? [], '-r', '--require')
  return file?.endsWith('.rb') === true ? file : undefined
}

/** The value of an option among a command's words: `-g shop`, `-gshop` or `--tag=shop`. */
const optionOf = (words: readonly string[], short: string, long: string): string | undefined => {
  const i = words.findIndex((word) => word.startsWith(short) || word === long || word.startsWith(`${long}=`))
  return i < 0 ? undefined : (new RegExp(`^(?:${short}|${long}=)(.+)$`).exec(words[i]!)?.[1] ?? words[i + 1])
}

/** `sidekiq 6.4.1 shop [0 of 5 busy]`: without a tag, Sidekiq uses the folder name of the deploy path. */
const titlePattern = ({ paths }: Here, s: Partial<SidekiqSettings> | undefined): string => {
  const tag = (s && tagOf(s)) ?? String(paths.deployTo).replace(/^.*\//, '')
  return `^sidekiq [0-9.]+ ${tag.replaceAll(/[.*+?()[\]{}|^$\\]/g, '\\$&')} `
}

/** The commands that start, stop and restart a service: those of its unit, or of Sidekiq's job. */
const commandsOf = (c: Here, service: string, { unit, user }: Service): ((verb: 'start' | 'stop' | 'restart') => string) => {
  const s = unit === null ? sidekiqOf(c, service) : undefined
  if (s?.manager === 'upstart') return (verb) => `/sbin/initctl ${verb} ${instances(s)[0]!.words.join(' ')}`
  const owner = user ?? (s?.serviceUnitUser === 'user' ? (s.user ?? c.layout?.user ?? c.host.user ?? null) : null)
  const scope = owner === null ? [] : ['--user', `--machine=${owner}@.host`]
  return (verb) => [c.settings.systemctlBin, ...scope, verb, unit ?? (s === undefined ? `${service}.service` : unitNames(s)[0]!)].join(' ')
}
