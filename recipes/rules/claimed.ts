import type { Host } from '../../src/index.ts'

/** Whether a service is watched on a host, by its own roles. `sidekiq` may take those of its recipe, which are not known here. */
export const claimed = (host: Host, service: string, roles: readonly string[] | null): boolean =>
  roles === null ? service !== 'sidekiq' && host.release : roles.some((role) => host.has(role))
