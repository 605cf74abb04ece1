import type { FactsContext, Recipe, StepsContext } from '../../src/index.ts'
import type { Settings as SidekiqSettings } from '../sidekiq/settings.ts'
import { instances } from '../sidekiq/upstart/jobs.ts'
import { unitNames } from '../sidekiq/units.ts'
import type { Settings } from './settings.ts'

export type Context = StepsContext<Settings>
export type Asking = FactsContext<Settings>
type ServiceOut = Settings['services'][string]

/** A process that Monit watches on a host, in its own file. */
export interface Watched {
  /** its name in the settings */
  readonly service: string
  /** its name in Monit */
  readonly name: string
  readonly of: ServiceOut
  /** how Monit finds it: `matching "…"` or `pidfile "…"` */
  readonly by: readonly ['matching' | 'pidfile', string]
  readonly start: string
  readonly stop: string
  readonly restart: string | null
}

/** Looked up by name, as in recipes/inspeqtor/watched.ts. */
const SIDEKIQ = { name: 'sidekiq' } as Recipe<'sidekiq', unknown, SidekiqSettings>

type Of = Pick<Context, 'settings' | 'settingsOf'>
type Here = Of & Pick<Context, 'host' | 'application' | 'stage' | 'paths'> & { readonly layout?: Pick<Context['layout'], 'user'> }

/** What Monit watches on this host, in the order of the settings. */
export const watched = (c: Here): readonly Watched[] =>
  Object.entries(c.settings.services).flatMap(([service, of]) => {
    if (!plays(c, rolesOf(c, service)) || unwatchable(c, service) !== undefined) return []
    const said = programs(c, service, of)
    return [
      {
        service,
        name: of.name ?? `${service}_${c.application}_${c.stage}`,
        of,
        by:
          of.pidfile === null
            ? (['matching', of.matching ?? titleOf(c, sidekiqOf(c, service))] as const)
            : (['pidfile', of.pidfile] as const),
        start: of.start ?? said('start'),
        stop: of.stop ?? said('stop'),
        restart: of.restart ?? (of.start === null ? said('restart') : null),
      },
    ]
  })

export const rolesOf = (c: Of, service: string): readonly string[] | null =>
  c.settings.services[service]!.roles ?? c.settings.roles ?? sidekiqOf(c, service)?.roles ?? null

/** Why Monit cannot watch a service as it is set up, or undefined. */
export const unwatchable = (c: Of, service: string): string | undefined => {
  const of = c.settings.services[service]!
  const s = sidekiqOf(c, service)
  if (s === undefined)
    return service === 'sidekiq' && of.matching === null && of.pidfile === null
      ? 'it needs matching or pidfile: the recipe sidekiq() is not used'
      : undefined
  const all = s.manager === 'upstart' ? instances(s).length : unitNames(s).length
  if (all > 1 && ((of.matching === null && of.pidfile === null) || (of.unit === null && of.start === null)))
    return `Sidekiq has ${all} processes on a host, which Monit cannot tell apart: name each, with unit and matching (or pidfile)`
  if (of.matching === null && of.pidfile === null && tagOf(s) === undefined && loads(s) !== undefined)
    return `Sidekiq loads ${loads(s)}, and not Rails: then its title has no tag to know it by. Give it one, ${tagged(s)}, or set matching or pidfile`
  if (s.manager === 'signals' && of.start === null && of.unit === null) return "manager: 'signals' has no unit: set start, stop and pidfile"
  return undefined
}

const plays = ({ host }: Here, roles: readonly string[] | null): boolean =>
  roles === null ? host.release : roles.some((role) => host.has(role))

const sidekiqOf = (c: Of, service: string): SidekiqSettings | undefined => (service === 'sidekiq' ? c.settingsOf(SIDEKIQ) : undefined)

/** Sidekiq's `-g` or `--tag`, if set. */
const tagOf = (s: Partial<SidekiqSettings>): string | undefined => {
  if (s.manager === 'signals') return s.signals?.tag ?? undefined
  const all = s.commandArgs ?? []
  const i = all.findIndex((word) => /^(-g|--tag)(=|$)|^-g./.test(word))
  const word = all[i]
  return word === undefined ? undefined : (/^(?:-g|--tag=)(.+)$/.exec(word)?.[1] ?? all[i + 1])
}

/** The setting that gives Sidekiq a tag. */
const tagged = (s: Partial<SidekiqSettings>): string =>
  s.manager === 'signals'
    ? "signals: { tag: 'NAME' }"
    : `commandArgs: ${JSON.stringify([...(s.commandArgs ?? []), '-g', 'NAME']).replaceAll('"', "'")}`

/** The file that Sidekiq loads instead of a Rails application. If it loads a folder, its tag is the folder's name, as with Rails. */
const loads = (s: Partial<SidekiqSettings>): string | undefined => {
  const words = s.manager === 'signals' ? (s.signals?.require ?? []).flatMap((file) => ['-r', file]) : (s.commandArgs ?? [])
  const i = words.findIndex((word) => /^(-r|--require)(=|$)|^-r./.test(word))
  const file = i < 0 ? undefined : (/^(?:-r|--require=)(.+)$/.exec(words[i]!)?.[1] ?? words[i + 1])
  return file?.endsWith('.rb') === true ? file : undefined
}

/** `sidekiq 6.4.1 shop [0 of 5 busy]`: without a tag, Sidekiq uses the folder name of the deploy path. */
const titleOf = ({ paths }: Here, s: Partial<SidekiqSettings> | undefined): string => {
  const tag = (s && tagOf(s)) ?? String(paths.deployTo).replace(/^.*\//, '')
  return `^sidekiq [0-9.]+ ${tag.replaceAll(/[.*+?()[\]{}|^$\\]/g, '\\$&')} `
}

const programs = (c: Here, service: string, of: ServiceOut): ((verb: 'start' | 'stop' | 'restart') => string) => {
  const s = sidekiqOf(c, service)
  if (s?.manager === 'upstart' && of.unit === null) return (verb) => `/sbin/initctl ${verb} ${instances(s)[0]!.words.join(' ')}`
  const unit = of.unit ?? (s === undefined ? `${service}.service` : unitNames(s)[0]!)
  const own = of.account ?? (s?.serviceUnitUser === 'user' && of.unit === null ? (s.user ?? c.layout?.user ?? c.host.user ?? null) : null)
  return (verb) => [c.settings.systemctlBin, ...(own === null ? [] : ['--user', `--machine=${own}@.host`]), verb, unit].join(' ')
}
