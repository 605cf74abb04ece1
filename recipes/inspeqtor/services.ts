import type { BaseContext, StepsContext } from '../../src/index.ts'
import { hasRole, type Rule, rolesOf, sidekiqOf, type Watcher } from '../rules/index.ts'
import { jobFiles, unitNames } from '../sidekiq/services.ts'
import type { Settings } from './settings.ts'

/** What Inspeqtor watches in one file on a host. */
export interface WatchedService {
  /** its name in the settings */
  readonly service: string
  /** its name in the init system */
  readonly name: string
  readonly rules: readonly Rule[]
  readonly with: Readonly<Record<string, string>>
  readonly expose: readonly string[]
}

/** Inspeqtor, which no distribution packages. */
export const INSPEQTOR_WATCHER: Watcher = {
  recipe: 'inspeqtor',
  name: 'Inspeqtor',
  get: 'see https://github.com/mperham/inspeqtor/wiki/Installation',
  bin: ({ inspeqtorBin }: Settings) => inspeqtorBin,
  watches: (c: Here) => watchesHost(c),
  unwatchable: (c: Of, service) => {
    const s = sidekiqOf(c, service)
    if (s === undefined || c.settings.services[service]!.name !== null) return undefined
    if (s.manager === 'signals')
      return "manager: 'signals' has no unit or job, and Inspeqtor watches only services of systemd, Upstart or runit"
    if (s.manager === 'upstart' && s.processes > 1)
      return 'several processes are instances of one job in Upstart, and Inspeqtor does not know instances'
    if (s.manager === 'systemd' && s.serviceUnitUser === 'user')
      return "its units belong to a user's own systemd, where Inspeqtor does not look: sidekiq({ serviceUnitUser: 'system' })"
    return undefined
  },
}

type Of = Pick<BaseContext<Settings>, 'settings' | 'settingsOf'>
export type Here = Of & Pick<StepsContext, 'host'>

/** What is watched on this host, in the order of the settings. */
export const watchedServices = (c: Here): readonly WatchedService[] =>
  Object.entries(c.settings.services).flatMap(([service, { rules, with: owners, expose }]) =>
    isWatched(c, service) ? namesOf(c, service).map((name) => ({ service, name, rules, with: owners, expose })) : [],
  )

/** Whether anything on this host is watched, or its host.inq is written. */
export const watchesHost = (c: Here): boolean =>
  Object.keys(c.settings.services).some((service) => isWatched(c, service)) ||
  (c.settings.host !== null && hasRole(c.host, c.settings.roles))

const isWatched = (c: Here, service: string): boolean => hasRole(c.host, rolesOf(c, service))

const namesOf = (c: Of, service: string): readonly string[] => {
  const { name } = c.settings.services[service]!
  if (name !== null) return name
  const s = sidekiqOf(c, service)
  if (s === undefined) return [service]
  return s.manager === 'upstart' ? jobFiles(s).map((job) => job.name) : unitNames(s).map((unit) => unit.replace(/\.service$/, ''))
}
