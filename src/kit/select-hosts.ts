import type { Host, Selector } from '../index.ts'

type Roles = 'all' | readonly string[]

/** The release hosts of a `roles` setting. */
export const selectHosts = (roles: Roles): Selector =>
  roles === 'all' ? 'release' : { roles, where: (host: Pick<Host, 'release'>) => host.release }

/** Whether a host is one of {@link selectHosts}. */
export const isSelected = (roles: Roles, host: Host): boolean => host.release && (roles === 'all' || roles.some((role) => host.has(role)))
