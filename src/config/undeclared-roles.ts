import { RESERVED_ROLES } from '../inventory/hosts.ts'
import type { Servers } from '../inventory/hosts.ts'
import type { AnyTask } from '../tasks/types.ts'
import { didYouMean } from '../values/nearest.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'

/** Server roles that `roles` does not list; none if the config has no `roles`. */
export const undeclaredInServers = (servers: Servers, roles: readonly string[] | undefined): Problem[] => {
  if (!roles) return []
  if (!Array.isArray(servers)) return Object.keys(servers).flatMap((role) => undeclared(role, roles, [role]))
  return servers.flatMap((entry, i) =>
    typeof entry !== 'object' || entry === null
      ? []
      : list((entry as { roles?: unknown }).roles).flatMap((role, j) => undeclared(role, roles, [i, 'roles', j])),
  )
}

/** Roles in task selectors that `roles` does not list. Selector functions are not called. */
export const undeclaredInTasks = (tasks: Readonly<Record<string, AnyTask>>, roles: readonly string[] | undefined): Problem[] => {
  if (!roles || typeof tasks !== 'object' || tasks === null) return []
  const allowed = [...RESERVED_ROLES, ...roles]
  return Object.entries(tasks).flatMap(([name, task]) => {
    const on: unknown = task?.on
    if (typeof on === 'string') return undeclared(on, allowed, [name, 'on'])
    if (typeof on !== 'object' || on === null) return []
    if (Array.isArray(on)) return list(on).flatMap((role, i) => undeclared(role, allowed, [name, 'on', i]))
    const parts = on as { roles?: unknown; except?: unknown }
    return (['roles', 'except'] as const).flatMap((key) => list(parts[key]).flatMap((role) => undeclared(role, allowed, [name, 'on', key])))
  })
}

const list = (value: unknown): string[] => [value].flat().filter((role) => typeof role === 'string')

const undeclared = (role: string, roles: readonly string[], path: ConfigPath): Problem[] =>
  roles.includes(role)
    ? []
    : [
        {
          path,
          message: `role "${role}" is not one of roles: ${roles.filter((one) => !RESERVED_ROLES.includes(one)).join(', ')}${didYouMean(role, roles)}`,
        },
      ]
