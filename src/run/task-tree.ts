import { isBarrier } from '../tasks/barriers.ts'
import { coreTasks } from '../tasks/core.ts'
import { findTask } from '../tasks/registry.ts'
import type { Hook, Registry, Side, TaskEntry } from '../tasks/entry.ts'
import type { Stage } from '../tasks/stage.ts'
import { isEnabled, missingRoles, targetsOf, whyNoHost, type ContextInput } from '../plan/context.ts'
import { present } from '../values/absent.ts'
import { deployInfo } from './deploy-info.ts'
import type { RunInputs } from './intent-checks.ts'
import { kindOf } from './intent.ts'

/** A task in a tree; the lines are in the order in which the tasks run, except that a sequence comes before its parts. */
export interface TreeLine {
  /** how many sequences the task is in */
  readonly depth: number
  readonly name: string
  /** the hook that runs the task, and its owner; undefined for the task that you named and for parts of a sequence */
  readonly hook: { readonly side: Side; readonly of: string; readonly owner: string; readonly inline: boolean } | undefined
  /** what has put it in the place of a task of shipit or of a recipe: `config`, or the name of a recipe */
  readonly replacedBy: string | undefined
  /** why it does not run in this stage */
  readonly not: string | undefined
}

/** What runs if a task is typed: it, its hooks and its parts. Throws (usage) for an unknown task and for a circle. */
export const taskTree = (stage: Stage, name: string, { user, now }: Pick<RunInputs, 'user' | 'now'>): readonly TreeLine[] => {
  const inputs: RunInputs = { stage, hosts: stage.hosts, tasks: [name], release: undefined, user, now }
  const kind = kindOf(inputs)
  const { registry } = kind
  const context: ContextInput = { stage, hosts: stage.hosts, deploy: deployInfo(inputs, kind), args: argsOf(registry) }
  const replaceable = replaceableTasks(stage)
  const lines: TreeLine[] = []
  const visit = (ref: Hook['task'], depth: number, hook: TreeLine['hook']): void => {
    const task = typeof ref === 'string' ? findTask(registry, ref) : ref
    const { def, owner } = task
    const enabled = task.override?.how !== 'off' && isEnabled(context, task)
    const around = (side: Side): void => {
      for (const one of (enabled && registry[side].get(task.name)) || [])
        visit(one.task, depth, { side, of: task.name, owner: one.owner, inline: typeof one.task !== 'string' })
    }
    around('before')
    lines.push({
      depth,
      name: task.name,
      hook,
      replacedBy: replacer(task) ?? (owner === 'config' && !hook?.inline && replaceable.has(task.name) ? 'config' : undefined),
      not: enabled ? whyNowhere(context, task) : task.override?.how === 'off' ? 'override switches it off' : 'its `when` is false',
    })
    for (const child of enabled ? present(def.sequence ?? []) : []) if (!isBarrier(child)) visit(child, depth + 1, undefined)
    around('after')
    around('finally')
  }
  visit(name, 0, undefined)
  return lines
}

const replacer = ({ override }: TaskEntry): string | undefined => (override?.how === 'replaced' ? override.by : undefined)

/** The options of each task as a hook gets them. Without those that it needs, its `when` may still be tried. */
const argsOf = ({ tasks }: Registry): ContextInput['args'] =>
  new Map(
    [...tasks.values()].flatMap(({ name, def }) => {
      const parsed = def.args?.safeParse({})
      return parsed === undefined ? [] : [[name, (parsed.data ?? {}) as Readonly<Record<string, unknown>>] as const]
    }),
  )

const replaceableTasks = (stage: Stage): ReadonlySet<string> =>
  new Set([
    ...Object.keys(coreTasks(stage)),
    ...stage.recipes.flatMap(({ recipe, name }) =>
      Object.keys(recipe.definition.tasks ?? {}).map((key) => (key.startsWith(':') ? key.slice(1) : `${name}:${key}`)),
    ),
  ])

/** Why no host of the stage runs the task; undefined if one does, or if its parts do. */
const whyNowhere = (context: ContextInput, task: TaskEntry): string | undefined => {
  if (task.def.sequence !== undefined || hasTarget(context, task)) return undefined
  const { name, hosts } = context.stage
  if (hosts.length === 0) return `${name} has no servers`
  const roles = missingRoles(context, task)
  if (roles.length > 0) return `no host of ${name} has the role ${roles.join(' or ')}`
  return whyNoHost(context, task) ?? `it is for no host of ${name}`
}

const hasTarget = (context: ContextInput, task: TaskEntry): boolean => {
  const on = targetsOf(context, task)
  return on === 'local' || on.length > 0
}
