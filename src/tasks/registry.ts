import { basename } from 'node:path'
import { userCodeLocation } from '../errors/source-location.ts'
import type { Stage } from './stage.ts'
import { ShipitError, usageError } from '../values/errors.ts'
import { present } from '../values/absent.ts'
import { didYouMean } from '../values/nearest.ts'
import { reasonOf } from '../values/error-reason.ts'
import { coreTasks } from './core.ts'
import { isBarrier, type CoreDef } from './barriers.ts'
import { SIDES, type Hook, type Registry, type RegistryProblem, type TaskEntry } from './entry.ts'
import { hookNameHint } from './hook-name-hints.ts'
import { taskNameHint } from './task-name-hints.ts'
import { applyOverrides } from './overrides.ts'
import { unknownTask } from './unknown-task.ts'
import type { FindTask } from './parts.ts'
import { roleProblems } from './role-problems.ts'
import type { AnyRecipe, Hooks, HookValue, RecipeDefinition } from './types.ts'

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
  stage: Pick<Stage, 'name' | 'shipit' | 'file' | 'recipes' | 'tasks' | 'override' | 'hooks' | 'git' | 'linkedFiles' | 'linkedDirs'>,
) => {
  const tasks = new Map<string, TaskEntry>()
  const hooks: GivenHooks[] = []
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
  problems.push(...applyOverrides(stage, tasks))
  for (const [name, def] of Object.entries(stage.tasks)) {
    const replaced = tasks.get(name)
    tasks.set(name, { name, def, owner: 'config', settings: {}, barrier: replaced?.barrier, limit: undefined, agent: false })
  }
  stage.hooks.forEach((own, index) => hooks.push({ owner: 'config', index, settings: {}, hooks: own, rename: (name) => name }))
  const recipes = stage.recipes.map(({ recipe }) => recipe.name)
  const hintFor = (name: string): string | undefined =>
    taskNameHint(name, stage.shipit, basename(stage.file) || 'the config', recipes, [...tasks.keys()])
  const warnings: string[] = []
  const knownTasks = { tasks, hintFor, list: () => stage.shipit('--tasks'), warnings, recipes: stage.recipes.map(({ name }) => name) }
  const attached = attachHooks(hooks, knownTasks, problems)
  const hung = SIDES.flatMap((side) => [...attached[side].values()].flatMap((all) => all.map(({ task }) => task)))
  for (const task of [...tasks.values(), ...hung]) {
    if (typeof task !== 'string') problems.push(...taskProblems(task, knownTasks, renames.get(task.owner)))
  }
  return { registry: { ...knownTasks, ...attached }, problems }
}

interface GivenHooks {
  readonly owner: string
  readonly index?: number
  readonly settings: TaskEntry['settings']
  readonly hooks: Hooks
  readonly rename: (name: string) => string
}

type KnownTasks = Pick<Registry, 'tasks' | 'hintFor'>
type HookTargets = KnownTasks & { readonly warnings: string[]; readonly recipes: readonly string[] }

const attachHooks = (all: readonly GivenHooks[], known: HookTargets, problems: RegistryProblem[]) => {
  const hung = { before: new Map<string, Hook[]>(), after: new Map<string, Hook[]>(), finally: new Map<string, Hook[]>() }
  for (const given of all) {
    const { owner, settings, rename } = given
    for (const side of SIDES) {
      for (const [target, value] of Object.entries(given.hooks[side] ?? {})) {
        const name = rename(target)
        const unknown = known.tasks.has(name) ? [] : [name]
        const list = hung[side].get(name) ?? []
        for (const item of present([value as HookValue].flat())) {
          if (typeof item === 'string' || 'task' in item) {
            const to = rename(typeof item === 'string' ? item : item.task)
            if (!known.tasks.has(to)) {
              if (typeof item === 'string') unknown.push(to)
              else known.warnings.push(...mistypedHook(`hook ${side} "${name}" (${owner})`, to, known))
            }
            // listed twice (by a recipe and the config, or by the config and the stage), it still runs once
            else if (!list.some(({ task }) => task === to)) list.push({ task: to, owner })
          } else {
            const inline = `${side} ${name} (${owner}${list.length ? `, hook ${list.length + 1}` : ''})`
            const task = { name: inline, def: item, owner, settings, barrier: undefined, limit: undefined, agent: false }
            list.push({ task, owner })
          }
        }
        hung[side].set(name, list)
        if (unknown.length === 0) continue
        const place = { owner, path: [side, target], ...(given.index !== undefined && { hooks: given.index }) }
        problems.push({ ...place, ...missing(`hook ${side} "${name}" (${owner})`, unknown, known) })
      }
    }
  }
  return hung
}

/** The stage uses the recipe that an optional hook names, and it has no such task: hardly what was meant. */
const mistypedHook = (where: string, task: string, { tasks, recipes }: HookTargets): string[] => {
  const recipe = recipes.find((name) => task.startsWith(`${name}:`))
  return recipe === undefined ? [] : [`${where}: the recipe ${recipe} has no task "${task}"${didYouMean(task, tasks.keys())}`]
}

const taskProblems = (task: TaskEntry, known: KnownTasks, rename?: (to: string) => string): RegistryProblem[] => {
  const problems = definitionProblems(task, known, rename)
  return task.override?.by !== 'config' ? problems : problems.map((problem) => ({ ...problem, override: true }))
}

const definitionProblems = ({ name, owner, def }: TaskEntry, known: KnownTasks, rename = (to: string) => to): RegistryProblem[] => {
  const { rolling, steps, run }: Partial<Record<'rolling' | 'steps' | 'run', unknown>> = def
  const rolls: RegistryProblem[] =
    rolling === undefined || steps
      ? []
      : [
          {
            owner,
            path: [name],
            message: `${name} has rolling, which is for tasks with steps`,
            hint: run ? 'in run, go host by host: await on(host, …)' : 'set it on the tasks of the sequence',
          },
        ]
  const references = (['check', 'recover'] as const).flatMap((key): RegistryProblem[] => {
    const to = def[key] === undefined ? undefined : rename(def[key])
    if (to === undefined || known.tasks.has(to)) return []
    return [{ owner, path: [name], ...missing(`the ${key} of "${name}"`, [to], known, name) }]
  })
  const unknown = present(def.sequence ?? []).filter((child) => !isBarrier(child) && !known.tasks.has(child))
  const children = unknown.map((child) => ({
    owner,
    path: [name],
    ...missing(`the sequence of "${name}"`, [child], known, name),
  }))
  return [...rolls, ...references, ...children]
}

/** Finds the tasks of a registry by their full names. */
export const findIn =
  ({ tasks }: Pick<Registry, 'tasks'>): FindTask =>
  (name) =>
    tasks.get(name)?.def

/** The entry of a typed task. Throws, with the nearest name of a task or a command, if there is none. */
export const findTask = (registry: Registry, name: string): TaskEntry => {
  const task = registry.tasks.get(name)
  if (!task) throw unknownTask(name, registry.tasks.keys(), { hint: registry.hintFor(name), list: registry.list() })
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
      where: userCodeLocation(error, ''),
      cause: error,
    })
  }
}

/** A recipe's hooks refer to its tasks by its own name. If it is used under another, these references are renamed. */
const renamer = (definition: RecipeDefinition, name: string) => {
  const ownTasks = new Set(Object.keys(definition.tasks ?? {}).map((key) => taskName(definition.name, key)))
  return (target: string): string =>
    name !== definition.name && ownTasks.has(target) ? `${name}${target.slice(definition.name.length)}` : target
}

/** The problem with names that no task has. `but`: the task that refers to them, which is never what was meant. */
const missing = (where: string, names: readonly string[], { tasks, hintFor }: KnownTasks, but?: string) => {
  const others = [...tasks.keys()].filter((task) => task !== but)
  const unknown = names.map((name) => ({ name, hint: hookNameHint(name) ?? hintFor(name) }))
  // the hint follows the name that it is about
  unknown.sort((a, b) => Number(a.hint !== undefined) - Number(b.hint !== undefined))
  const list = unknown.map(({ name, hint }) => `"${name}"${hint === undefined ? didYouMean(name, others) : ''}`)
  return { message: `${where}: there is no task ${list.join(', and none ')}`, hint: unknown.at(-1)?.hint }
}
