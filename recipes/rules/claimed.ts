import type { Host } from '../../src/index.ts'

/** Whether a service is watched on a host, as far as its own roles say; those of `sidekiq` may be its recipe's, which is not known here. */
export const claimed = (host: Host, service: string, roles: readonly string[] | null): boolean =>
  roles === null ? service !== 'sidekiq' && host.release : roles.some((role) => host.has(role))
