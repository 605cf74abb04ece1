import { didYouMean } from '../values/nearest.ts'
import { originalOf, type RegistryProblem, type TaskEntry } from './entry.ts'
import type { ResolvedRecipe, Stage } from './stage.ts'
import type { AnyTask } from './types.ts'

type Given = Pick<Stage, 'override' | 'tasks' | 'recipes'>
type Tasks = ReadonlyMap<string, TaskEntry>
/** A task in the place of another one; false: nothing. */
type Chosen = ReadonlyMap<string, { readonly by: string; readonly def: AnyTask | false; readonly as: Partial<TaskEntry> }>

/**
 * Puts the tasks of `override` in the place of those of recipes, and the recipes' own under the name NAME:original. A task of the config has
 * the settings and facts of the recipe that it is for, a task of a recipe those of its own recipe. What the config overrides is decided by
 * the config, whatever recipes want. Returns what is wrong.
 */
export const applyOverrides = (given: Given, tasks: Map<string, TaskEntry>): RegistryProblem[] => {
  const known = new Map(tasks)
  const byConfig = ofConfig(given, known)
  const byRecipes = ofRecipes(given, known)
  for (const [name, { by, def, as }] of [...byRecipes.chosen, ...byConfig.chosen]) {
    const replaced = known.get(name)!
    const original = originalOf(name)
    if (!known.has(original)) tasks.set(original, { ...replaced, name: original, barrier: undefined })
    tasks.set(
      name,
      def === false
        ? { ...replaced, def: OFF, override: { how: 'off', by } }
        : { ...replaced, ...as, def, override: { how: 'replaced', by } },
    )
  }
  return [...byConfig.problems, ...byRecipes.problems]
}

const OFF = { steps: () => [] }

const ofConfig = ({ override = {}, tasks: own }: Given, known: Tasks) => {
  const chosen = new Map<string, { by: string; def: AnyTask | false; as: Partial<TaskEntry> }>()
  const problems = Object.entries(override).flatMap(([name, def]): RegistryProblem[] => {
    if (def === null || def === undefined) return []
    const replaced = known.get(name)
    const wrong = (message: string, hint?: string): RegistryProblem[] => [{ owner: 'config', override: true, path: [name], message, hint }]
    if (replaced?.owner === 'core')
      return wrong(`${name} is shipit's own, and override is for tasks of recipes`, `put it into tasks: { '${name}': { … } }`)
    if (replaced === undefined) return wrong(`no recipe has a task "${name}"${didYouMean(name, namesOf(known))}`)
    if (Object.hasOwn(own, name)) return wrong(`${name} is in tasks and in override`, 'leave one of them out')
    chosen.set(name, { by: 'config', def, as: {} })
    return []
  })
  return { chosen, problems }
}

/** In the order of `use`, which decides nothing: two recipes that override one task are an error, unless the config overrides it. */
const ofRecipes = ({ override = {}, recipes }: Given, known: Tasks): { chosen: Chosen; problems: readonly RegistryProblem[] } => {
  const chosen = new Map<string, { by: string; def: AnyTask | false; as: Partial<TaskEntry> }>()
  const problems = recipes.flatMap((used) =>
    Object.entries(used.recipe.definition.override ?? {}).flatMap(([name, def]): RegistryProblem[] => {
      if (def === null || def === undefined) return []
      const wrong = wrongOfRecipe(used, name, known)
      if (wrong !== undefined) return [{ owner: used.name, path: [name], ...wrong }]
      const first = chosen.get(name)?.by
      if (first === undefined) chosen.set(name, { by: used.name, def, as: { owner: used.name, settings: used.settings } })
      if (first === undefined || (override[name] !== null && override[name] !== undefined)) return []
      const message = `${first} and ${used.name} both override ${name}`
      return [{ owner: used.name, path: [name], message, hint: `decide in the config, with override: { '${name}': … }, or leave one out` }]
    }),
  )
  return { chosen, problems }
}

const wrongOfRecipe = ({ name: by }: ResolvedRecipe, name: string, known: Tasks): Pick<RegistryProblem, 'message' | 'hint'> | undefined => {
  const replaced = known.get(name)
  const what = `${by} overrides ${name}`
  if (replaced === undefined)
    return { message: `${what}, and no recipe of the stage has such a task${didYouMean(name, namesOf(known))}`, hint: undefined }
  if (replaced.owner === 'core') return { message: `${what}, which is shipit's own`, hint: `put it into tasks of the recipe: ':${name}'` }
  return replaced.owner === by ? { message: `${what}, its own task`, hint: 'change the task itself' } : undefined
}

const namesOf = (known: Tasks): string[] => [...known.values()].filter(({ owner }) => owner !== 'core').map(({ name }) => name)
