import { basename } from 'node:path'
import { thrownAt } from '../config/place.ts'
import type { Stage } from '../config/types.ts'
import { ShipitError, usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { coreTasks, isBarrier, type Barrier, type CoreDef } from './core.ts'
import { otherName } from './other-names.ts'
import type { AnyRecipe, AnyTask, Hooks, HookItem, RecipeDefinition } from './types.ts'

/** A task under its full name, with the settings that its functions are called with. */
export interface TaskEntry {
  readonly name: string
  readonly def: AnyTask
  /** `core`, `config`, or the name of the recipe */
  readonly owner: string
  readonly settings: Readonly<Record<string, unknown>>
  /** a barrier right after the task's own steps, before its after-hooks */
  readonly barrier: Barrier | undefined
  /** at most so many hosts at a time */
  readonly limit: number | undefined
  /** the ssh agent is forwarded to it, where the config says so */
  readonly agent: boolean
}

export interface Registry {
  readonly tasks: ReadonlyMap<string, TaskEntry>
  readonly before: ReadonlyMap<string, readonly TaskRef[]>
  readonly after: ReadonlyMap<string, readonly TaskRef[]>
  /** what to do instead of a task that this stage does not have, where that is known */
  readonly instead: (name: string) => string | undefined
}
/** A hook: a task by name, or one that was written in place. */
export type TaskRef = string | TaskEntry

/**
 * Every task of a stage under its name: the core's, the recipes', the config's (which may replace any), and the hooks in order:
 * recipes in the order of `use`, then the config's. Throws for a hook on, or to, a task that does not exist.
 */
export const createRegistry = (stage: Stage): Registry => {
  const tasks = new Map<string, TaskEntry>()
  const hooks: { owner: string; settings: TaskEntry['settings']; hooks: Hooks; rename: (name: string) => string }[] = []
  for (const [name, def] of Object.entries(coreTasks(stage))) tasks.set(name, coreEntry(name, def))
  for (const { recipe, name, settings } of stage.recipes) {
    const { definition } = recipe
    for (const [key, def] of Object.entries(definition.tasks ?? {})) {
      const full = taskName(name, key)
      tasks.set(full, { name: full, def, owner: name, settings, barrier: tasks.get(full)?.barrier, limit: undefined, agent: false })
    }
    if (recipe.options.hooks !== false)
      hooks.push({ owner: name, settings, hooks: hooksOf(recipe, settings), rename: renamer(definition, name) })
  }
  for (const [name, def] of Object.entries(stage.tasks)) {
    const replaced = tasks.get(name)
    tasks.set(name, { name, def, owner: 'config', settings: {}, barrier: replaced?.barrier, limit: undefined, agent: false })
  }
  for (const own of stage.hooks) hooks.push({ owner: 'config', settings: {}, hooks: own, rename: (name) => name })

  const config = basename(stage.file)
  const recipes = stage.recipes.map(({ recipe }) => recipe.name)
  const instead = (name: string): string | undefined => otherName(name, stage.name, config, recipes)
  const known = { tasks, instead }

  const before = new Map<string, TaskRef[]>()
  const after = new Map<string, TaskRef[]>()
  for (const { owner, settings, hooks: own, rename } of hooks) {
    for (const side of ['before', 'after'] as const) {
      for (const [target, value] of Object.entries(own[side] ?? {})) {
        const name = rename(target)
        if (!tasks.has(name)) throw missing(`hook ${side} "${name}" (${owner})`, name, known)
        const list = (side === 'before' ? before : after).get(name) ?? []
        for (const item of Array.isArray(value) ? (value as HookItem[]) : [value as HookItem]) {
          if (typeof item === 'string') {
            const to = rename(item)
            if (!tasks.has(to)) throw missing(`hook ${side} "${name}" to "${to}" (${owner})`, to, known)
            // said twice (by a recipe and the config, or by the config and the stage) it still runs once
            if (!list.includes(to)) list.push(to)
          } else {
            const inline = `${side} ${name} (${owner}${list.length ? ` ${list.length + 1}` : ''})`
            list.push({ name: inline, def: item, owner, settings, barrier: undefined, limit: undefined, agent: false })
          }
        }
        ;(side === 'before' ? before : after).set(name, list)
      }
    }
  }
  for (const task of [...tasks.values(), ...[...before.values(), ...after.values()].flat()]) {
    if (typeof task === 'string') continue
    const { rolling, steps, run }: Partial<Record<'rolling' | 'steps' | 'run', unknown>> = task.def
    if (rolling !== undefined && !steps)
      throw usageError(`${task.name} has rolling, which is for tasks with steps`, {
        hint: run ? 'code goes host by host itself: await on(host, …)' : 'give it to the tasks of the sequence',
      })
    for (const child of task.def.sequence ?? []) {
      if (!isBarrier(child) && !tasks.has(child)) throw missing(`the sequence of "${task.name}"`, child, known)
    }
  }
  return { tasks, before, after, instead }
}

/** The entry of a task that somebody typed. Throws with the nearest name. */
export const findTask = (registry: Registry, name: string): TaskEntry => {
  const task = registry.tasks.get(name)
  if (!task) {
    const instead = registry.instead(name)
    throw usageError(`there is no task "${name}"${instead === undefined ? didYouMean(name, registry.tasks.keys()) : ''}`, {
      hint: instead ?? 'shipit --tasks lists them',
    })
  }
  return task
}

const coreEntry = (name: string, def: CoreDef): TaskEntry => ({
  name,
  def: def.task,
  owner: 'core',
  settings: {},
  barrier: def.barrier,
  limit: def.limit,
  agent: def.agent === true,
})

const taskName = (recipe: string, key: string): string => (key.startsWith(':') ? key.slice(1) : `${recipe}:${key}`)

const hooksOf = (recipe: AnyRecipe, settings: TaskEntry['settings']): Hooks => {
  const { hooks } = recipe.definition
  if (typeof hooks !== 'function') return hooks ?? {}
  try {
    return hooks({ settings })
  } catch (error) {
    if (error instanceof ShipitError) throw error
    throw usageError(`the hooks of ${recipe.name}: ${error instanceof Error ? error.message : String(error)}`, {
      where: thrownAt(error, ''),
      cause: error,
    })
  }
}

/** A recipe's hooks are written under its own name; used under another, its own tasks carry that one. */
const renamer = (definition: RecipeDefinition, name: string) => {
  const own = new Set(Object.keys(definition.tasks ?? {}).map((key) => taskName(definition.name, key)))
  return (target: string): string =>
    name !== definition.name && own.has(target) ? `${name}${target.slice(definition.name.length)}` : target
}

const missing = (what: string, name: string, { tasks, instead }: Pick<Registry, 'tasks' | 'instead'>) =>
  usageError(`${what}: there is no such task${instead(name) === undefined ? didYouMean(name, tasks.keys()) : ''}`, {
    hint: instead(name) ?? 'shipit --tasks lists the tasks',
  })
