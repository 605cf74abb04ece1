import type { Host, Selector, StepsContext } from '../../src/index.ts'
import { SIDEKIQ } from '../by-name.ts'
import type { Settings as Sidekiq } from '../sidekiq/services.ts'
import type { Rule } from './types.ts'

/** The settings that both recipes have. */
export interface WatcherSettings {
  readonly services: Readonly<Record<string, { readonly rules: readonly Rule[]; readonly roles: readonly string[] | null }>>
  readonly roles: readonly string[] | null
  readonly optional: boolean
  readonly sudo: boolean
  readonly defaultHooks: boolean
}
type Of = Pick<StepsContext<WatcherSettings>, 'settings' | 'settingsOf'>

/** The settings of `sidekiq()`, for the service of that name. */
export const sidekiqOf = (c: Pick<Of, 'settingsOf'>, service: string): Sidekiq | undefined =>
  service === 'sidekiq' ? c.settingsOf(SIDEKIQ) : undefined

/** The roles of a service; null: every release host. */
export const rolesOf = (c: Of, service: string): readonly string[] | null =>
  c.settings.services[service]!.roles ?? c.settings.roles ?? sidekiqOf(c, service)?.roles ?? null

export const hasRole = (host: Host, roles: readonly string[] | null): boolean =>
  roles === null ? host.release : roles.some((role) => host.has(role))

/** Whether a service is watched on a host, by its own roles. `sidekiq` may take those of its recipe, which are not known here. */
export const isClaimed = (host: Host, service: string, roles: readonly string[] | null): boolean =>
  !(roles === null && service === 'sidekiq') && hasRole(host, roles)

/**
 * The hosts of the tasks, by all roles that are named. A selector does not know Sidekiq's roles: if a service sets none, every host is asked
 * whether anything on it is watched.
 */
export const watchedHosts = (
  { services, roles }: Pick<WatcherSettings, 'services' | 'roles'>,
  more: readonly (readonly string[] | null)[] = [],
): Selector => {
  const all = [...Object.values(services).map((service) => service.roles ?? roles), ...more]
  return all.every((some) => some !== null) ? { roles: [...new Set(all.flat())] } : 'all'
}
