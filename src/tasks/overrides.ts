import { didYouMean } from '../values/nearest.ts'
import { originalOf, type RegistryProblem, type TaskEntry } from './entry.ts'
import type { Stage } from './stage.ts'

/**
 * Puts the tasks of `override` in the place of those of recipes, with the settings and facts of these, and the recipes' own under the name
 * NAME:original. Returns what is wrong.
 */
export const applyOverrides = (
  { override = {}, tasks: own }: Pick<Stage, 'override' | 'tasks'>,
  tasks: Map<string, TaskEntry>,
): RegistryProblem[] => {
  const ofRecipes = [...tasks.values()].filter(({ owner }) => owner !== 'core').map(({ name }) => name)
  return Object.entries(override).flatMap(([name, def]): RegistryProblem[] => {
    if (def === null || def === undefined) return []
    const replaced = tasks.get(name)
    const wrong = (message: string, hint?: string): RegistryProblem[] => [{ owner: 'config', override: true, path: [name], message, hint }]
    if (replaced?.owner === 'core')
      return wrong(`${name} is shipit's own, and override is for tasks of recipes`, `put it into tasks: { '${name}': { … } }`)
    if (replaced === undefined) return wrong(`no recipe has a task "${name}"${didYouMean(name, ofRecipes)}`)
    if (Object.hasOwn(own, name)) return wrong(`${name} is in tasks and in override`, 'leave one of them out')
    const original = originalOf(name)
    if (!tasks.has(original)) tasks.set(original, { ...replaced, name: original, barrier: undefined })
    tasks.set(name, def === false ? { ...replaced, def: OFF, override: 'off' } : { ...replaced, def, override: 'replaced' })
    return []
  })
}

const OFF = { steps: () => [] }
