import { basename } from 'node:path'
import { thrownAt } from '../errors/source-location.ts'
import type { Stage } from './stage.ts'
import { ShipitError, usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { reasonOf } from '../values/reason.ts'
import { coreTasks } from './core.ts'
import { isBarrier, type CoreDef } from './barriers.ts'
import type { Registry, RegistryProblem, TaskEntry, TaskRef } from './entry.ts'
import { hookName } from './hook-names.ts'
import { otherName } from './other-names.ts'
import { roleProblems } from './roles.ts'
import type { AnyRecipe, Hooks, HookItem, RecipeDefinition } from './types.ts'

/**
 * Every task of a stage by name: the core's, the recipes', and the config's (which may replace any). Hooks are in order: recipes in the
 * order of `use`, then the config's. Throws (usage) for all hooks that name unknown tasks, and the like.
 */
export const createRegistry = (stage: Stage): Registry => {
  const { registry, problems } = collectRegistry(stage)
  const [first, ...more] = problems.length > 0 ? problems : unplayedRoles(stage, registry)
  if (first === undefined) return registry
  throw usageError([first, ...more].map(({ message }) => message).join('\n'), { hint: first.hint ?? `see the tasks: ${registry.list()}` })
}

/** Roles that no host has, now that all settings are known. */
const unplayedRoles = (stage: Stage, registry: Registry): readonly { readonly message: string; readonly hint: string | undefined }[] => {
  const { name, played, recipes } = stage
  if (!played) return []
  const used = recipes.map((one) => ({ used: { ...one, path: [] }, given: new Map(), whole: true }))
  const problems = roleProblems({ registry, recipes: used, stage: name, played, taskPath: () => [] })
  return problems.map(({ message }) => ({ message, hint: 'correct the role in the task, or give a server that role' }))
}

/** The same, but returns the problems instead of throwing them. */
export const collectRegistry = (
  stage: Pick<Stage, 'name' | 'shipit' | 'file' | 'recipes' | 'tasks' | 'hooks' | 'git' | 'linkedFiles' | 'linkedDirs'>,
) => {
  const tasks = new Map<string, TaskEntry>()
  const hooks: Given[] = []
  const problems: RegistryProblem[] = []
  for (const [name, def] of Object.entries(coreTasks(stage as Stage))) tasks.set(name, coreEntry(name, def))
  const renames = new Map<string, (name: string) => string>()
  for (const { recipe, name, settings } of stage.recipes) {
    const { definition } = recipe
    renames.set(name, renamer(definition, name))
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
  stage.hooks.forEach((own, index) => hooks.push({ owner: 'config', index, settings: {}, hooks: own, rename: (name) => name }))
  const recipes = stage.recipes.map(({ recipe }) => recipe.name)
  const instead = (name: string): string | undefined => otherName(name, stage.shipit, basename(stage.file), recipes)
  const known = { tasks, instead, list: () => stage.shipit('--tasks') }
  const hung = hang(hooks, known, problems)
  for (const task of [...tasks.values(), ...[...hung.before.values(), ...hung.after.values()].flat()]) {
    if (typeof task !== 'string') problems.push(...wrongTask(task, known, renames.get(task.owner)))
  }
  return { registry: { ...known, ...hung }, problems }
}

interface Given {
  readonly owner: string
  readonly index?: number
  readonly settings: TaskEntry['settings']
  readonly hooks: Hooks
  readonly rename: (name: string) => string
}

type Known = Pick<Registry, 'tasks' | 'instead'>

const hang = (all: readonly Given[], known: Known, problems: RegistryProblem[]) => {
  const hung = { before: new Map<string, TaskRef[]>(), after: new Map<string, TaskRef[]>() }
  for (const given of all) {
    const { owner, settings, rename } = given
    for (const side of ['before', 'after'] as const) {
      for (const [target, value] of Object.entries(given.hooks[side] ?? {})) {
        const name = rename(target)
        const wrong = (what: string, which: string): unknown =>
          problems.push({
            owner,
            ...(given.index !== undefined && { hooks: given.index }),
            path: [side, target],
            ...missing(what, which, known),
          })
        if (!known.tasks.has(name)) wrong(`hook ${side} "${name}" (${owner})`, name)
        const list = hung[side].get(name) ?? []
        for (const item of Array.isArray(value) ? (value as HookItem[]) : [value as HookItem]) {
          if (typeof item === 'string') {
            const to = rename(item)
            if (!known.tasks.has(to)) wrong(`hook ${side} "${name}" to "${to}" (${owner})`, to)
            // listed twice (by a recipe and the config, or by the config and the stage), it still runs once
            else if (!list.includes(to)) list.push(to)
          } else {
            const inline = `${side} ${name} (${owner}${list.length ? ` ${list.length + 1}` : ''})`
            list.push({ name: inline, def: item, owner, settings, barrier: undefined, limit: undefined, agent: false })
          }
        }
        hung[side].set(name, list)
      }
    }
  }
  return hung
}

const wrongTask = ({ name, owner, def }: TaskEntry, known: Known, rename = (to: string) => to): RegistryProblem[] => {
  const { rolling, steps, run }: Partial<Record<'rolling' | 'steps' | 'run', unknown>> = def
  const rolls: RegistryProblem[] =
    rolling === undefined || steps
      ? []
      : [
          {
            owner,
            path: [name],
            message: `${name} has rolling, which is for tasks with steps`,
            hint: run ? 'in run, go host by host: await on(host, …)' : 'give it to the tasks of the sequence',
          },
        ]
  const named = (['check', 'recover'] as const).flatMap((key): RegistryProblem[] => {
    const to = def[key] === undefined ? undefined : rename(def[key])
    if (to === undefined || known.tasks.has(to)) return []
    return [{ owner, path: [name], ...missing(`the ${key} of "${name}" to "${to}"`, to, known, name) }]
  })
  const unknown = (def.sequence ?? []).filter((child) => !isBarrier(child) && !known.tasks.has(child))
  const children = unknown.map((child) => ({
    owner,
    path: [name],
    ...missing(`the sequence of "${name}" to "${child}"`, child, known, name),
  }))
  return [...rolls, ...named, ...children]
}

/** The entry of a typed task. Throws, with the nearest name, if there is none. */
export const findTask = (registry: Registry, name: string): TaskEntry => {
  const task = registry.tasks.get(name)
  if (!task) {
    const instead = registry.instead(name)
    throw usageError(`unknown task "${name}"${instead === undefined ? didYouMean(name, registry.tasks.keys()) : ''}`, {
      hint: instead ?? `see them: ${registry.list()}`,
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
    throw usageError(`the hooks of ${recipe.name}: ${reasonOf(error)}`, {
      where: thrownAt(error, ''),
      cause: error,
    })
  }
}

/** A recipe's hooks refer to its tasks by its own name. If it is used under another, these references are renamed. */
const renamer = (definition: RecipeDefinition, name: string) => {
  const own = new Set(Object.keys(definition.tasks ?? {}).map((key) => taskName(definition.name, key)))
  return (target: string): string =>
    name !== definition.name && own.has(target) ? `${name}${target.slice(definition.name.length)}` : target
}

/** `but`: the task that refers to it, which is never what was meant. */
const missing = (what: string, name: string, { tasks, instead }: Known, but?: string) => {
  const others = [...tasks.keys()].filter((task) => task !== but)
  const hint = hookName(name) ?? instead(name)
  return { message: `${what}: unknown task${hint === undefined ? didYouMean(name, others) : ''}`, hint }
}
