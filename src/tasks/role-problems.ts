import type { ConfigPath, Problem } from '../errors/source-location.ts'
import type { Selector } from '../inventory/types.ts'
import { rolesInSelector, unplayedRoleProblem, type PlayedRoles } from '../inventory/played-roles.ts'
import { present } from '../values/absent.ts'
import { SIDES, type Registry, type TaskEntry } from './entry.ts'

export interface RoleCheckInput {
  readonly registry: Registry
  readonly recipes: readonly {
    readonly used: { readonly name: string; readonly path: ConfigPath }
    /** settings as given, and where */
    readonly given: ReadonlyMap<string, { readonly value: unknown; readonly path: ConfigPath }>
    /** whether no setting is late or invalid */
    readonly whole: boolean
  }[]
  readonly stage: string
  readonly played: PlayedRoles
  /** the place of a task in the config */
  readonly taskPath: (task: string) => ConfigPath
}

/**
 * Task roles that no host of any stage has: every run would silently leave such a task out. For a recipe's tasks, only those that a run
 * reaches by itself, or whose role was given.
 */
export const roleProblems = (all: RoleCheckInput): Problem[] => {
  const { registry, recipes, played } = all
  const reached = reachable(registry)
  const inline = SIDES.flatMap((side) => [...registry[side].values()]).flatMap((hooks) =>
    hooks.flatMap(({ task }) => (typeof task === 'string' ? [] : [task])),
  )
  const reported = new Set<string>()
  return [...registry.tasks.values(), ...inline].flatMap((task) => {
    const owner = recipes.find(({ used }) => used.name === task.owner)
    if (task.owner === 'core' || (owner && !owner.whole) || (played.closed && isOwn(task, registry))) return []
    return rolesInSelector(selectorOf(task, all.stage)).flatMap((role): Problem[] => {
      const message = unplayedRoleProblem(role, played)
      if (message === undefined || reported.has(`${task.owner} ${role}`)) return []
      if (!owner) {
        reported.add(`${task.owner} ${role}`)
        return [{ path: configPathOf(task, all), message }]
      }
      const key = [...owner.given].find(([, { value }]) => mentions(value, role))
      if (!key && !reached.has(task.name)) return []
      reported.add(`${task.owner} ${role}`)
      return [{ path: key ? key[1].path : owner.used.path, message: `${task.name} runs nowhere: ${message}` }]
    })
  })
}

const isOwn = (task: TaskEntry, registry: Registry): boolean => task.owner === 'config' && registry.tasks.get(task.name) === task

const configPathOf = (task: TaskEntry, { registry, taskPath }: RoleCheckInput): ConfigPath => {
  if (isOwn(task, registry)) return [...taskPath(task.name), 'on']
  const [, side, target] = /^(before|after|finally) (.*) \(.*\)$/s.exec(task.name) ?? []
  return ['hooks', side!, target!]
}

const selectorOf = ({ def: { on }, settings }: TaskEntry, stage: string): Selector | undefined => {
  if (typeof on !== 'function') return on
  try {
    return on({ settings, stage })
  } catch {
    // reported when the task is used
    return undefined
  }
}

/** Tasks that run without being typed: the pipelines, the hooks, and what is in their sequences. */
const reachable = (registry: Registry): ReadonlySet<string> => {
  const { tasks } = registry
  const reachedNames = new Set<string>()
  const visit = (name: string): void => {
    if (reachedNames.has(name)) return
    reachedNames.add(name)
    for (const child of present(tasks.get(name)?.def.sequence ?? [])) visit(child)
  }
  for (const { task } of SIDES.flatMap((side) => [...registry[side].values()]).flat()) if (typeof task === 'string') visit(task)
  for (const pipeline of ['deploy', 'deploy:rollback']) visit(pipeline)
  return reachedNames
}

const mentions = (value: unknown, role: string): boolean => {
  if (typeof value === 'string') return value === role
  return typeof value === 'object' && value !== null && Object.values(value).some((inner) => mentions(inner, role))
}
