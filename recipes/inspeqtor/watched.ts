import type { FactsContext, Recipe, StepsContext } from '../../src/index.ts'
import type { Rule } from '../rules/types.ts'
import type { Settings as SidekiqSettings } from '../sidekiq/settings.ts'
import { jobFiles } from '../sidekiq/upstart/jobs.ts'
import { unitNames } from '../sidekiq/units.ts'
import type { Settings } from './settings.ts'

export type Context = StepsContext<Settings>
export type Asking = FactsContext<Settings>

/** What Inspeqtor watches in one file on a host. */
export interface Watched {
  /** its name in the settings */
  readonly service: string
  /** its name in the init system */
  readonly name: string
  readonly rules: readonly Rule[]
  readonly with: Readonly<Record<string, string>>
  readonly expose: readonly string[]
}

/** Looked up by name, because the two recipes read each other's settings. */
const SIDEKIQ = { name: 'sidekiq' } as Recipe<'sidekiq', unknown, SidekiqSettings>

type Of = Pick<Context, 'settings' | 'settingsOf'>
type Here = Of & Pick<Context, 'host'>

/** What is watched on this host, in the order of the settings. */
export const watched = (c: Here): readonly Watched[] =>
  Object.entries(c.settings.services).flatMap(([service, { rules, with: owners, expose }]) =>
    here(c, service) ? namesOf(c, service).map((name) => ({ service, name, rules, with: owners, expose })) : [],
  )

/** Whether anything on this host is watched, or its host.inq is written. */
export const concerned = (c: Here): boolean =>
  Object.keys(c.settings.services).some((service) => here(c, service)) || (c.settings.host !== null && plays(c, c.settings.roles))

/** The roles of a service; null: every release host. */
export const rolesOf = (c: Of, service: string): readonly string[] | null =>
  c.settings.services[service]!.roles ?? c.settings.roles ?? sidekiqOf(c, service)?.roles ?? null

/** Why Inspeqtor cannot watch a service as it is set up, or undefined. */
export const unwatchable = (c: Of, service: string): string | undefined => {
  const s = sidekiqOf(c, service)
  if (s === undefined || c.settings.services[service]!.name !== null) return undefined
  if (s.manager === 'signals') return "manager: 'signals' has no unit or job, and Inspeqtor watches what systemd, Upstart or runit know"
  if (s.manager === 'upstart' && s.processes > 1)
    return 'of several processes Upstart has one job with instances, which Inspeqtor does not know'
  if (s.manager === 'systemd' && s.serviceUnitUser === 'user')
    return "its units are of a user's own systemd, where Inspeqtor does not look: sidekiq({ serviceUnitUser: 'system' })"
  return undefined
}

const here = (c: Here, service: string): boolean => plays(c, rolesOf(c, service))

const plays = ({ host }: Here, roles: readonly string[] | null): boolean =>
  roles === null ? host.release : roles.some((role) => host.has(role))

const namesOf = (c: Of, service: string): readonly string[] => {
  const { name } = c.settings.services[service]!
  if (name !== null) return name
  const s = sidekiqOf(c, service)
  if (s === undefined) return [service]
  return s.manager === 'upstart' ? jobFiles(s).map((job) => job.name) : unitNames(s).map((unit) => unit.replace(/\.service$/, ''))
}

const sidekiqOf = (c: Of, service: string): SidekiqSettings | undefined => (service === 'sidekiq' ? c.settingsOf(SIDEKIQ) : undefined)
