import type { z } from 'zod'
import type { AnyRecipe } from '../tasks/types.ts'
import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { replacing } from '../values/secret.ts'
import type { Given } from './layer.ts'
import type { ConfigPath } from './place.ts'
import { explainIssues } from './problems.ts'
import type { Problem } from './problems.ts'
import type { Raw, RawStage } from './raw.ts'

export interface UsedRecipe {
  /** what it is called here */
  readonly name: string
  readonly recipe: AnyRecipe
  /** where in the config it stands */
  readonly path: ConfigPath
}

/** The recipes of the config, then those of the stage; one that the stage uses again, under the same name, takes the first one's place. */
export const layerRecipes = (config: Raw, stage: RawStage, name: string): readonly UsedRecipe[] => {
  const used = new Map<string, UsedRecipe>()
  const lists = [
    { use: config.use ?? [], path: ['use'] },
    { use: stage.use ?? [], path: ['stages', name, 'use'] },
  ]
  for (const { use, path } of lists) {
    const here = new Set<string>()
    use.forEach((recipe, i) => {
      const called = recipe.options.name ?? recipe.name
      if (here.has(called)) {
        throw usageError(`${called} is used twice in ${path.join('.')}`, {
          hint: `give one of them another name: ${recipe.name}({ … }, { name: '${called}2' })`,
        })
      }
      here.add(called)
      used.set(called, { name: called, recipe, path: [...path, i] })
    })
  }
  return [...used.values()]
}

/** Settings of the recipes: as given at `use`, then the stage's. */
export const layerRecipeSettings = (recipes: readonly UsedRecipe[], stage: RawStage, name: string): Map<string, Given> => {
  const given = new Map<string, Given>()
  for (const { name: called, recipe, path } of recipes) {
    const layers = [
      { path, values: recipe.given },
      { path: ['stages', name, 'settings', called], values: stage.settings?.[called] },
    ]
    for (const layer of layers) {
      for (const [key, value] of Object.entries(layer.values ?? {})) {
        if (value === undefined) continue
        const name = `settings.${called}.${key}`
        given.set(name, { value: replacing(given.get(name)?.value, value), path: [...layer.path, key] })
      }
    }
  }
  return given
}

/** Settings for recipes that the stage does not use. */
export const unknownSettings = (stage: RawStage, names: readonly string[], here: ConfigPath): Problem[] =>
  Object.keys(stage.settings ?? {})
    .filter((key) => !names.includes(key))
    .map((key) => ({ path: [...here, 'settings', key], message: `no recipe "${key}" is used${didYouMean(key, names)}` }))

/** A recipe's settings by its own schema, defaults in; keys that it does not know are mistakes. Problems have the path inside the settings. */
export const checkSettings = (schema: z.ZodObject | undefined, input: Readonly<Record<string, unknown>>) => {
  if (!schema) {
    const problems: Problem[] = Object.keys(input).map((key) => ({ path: [key], message: 'the recipe has no settings' }))
    return { settings: {}, problems }
  }
  // a schema that lets unknown keys through says so with a catchall
  const closed = schema.def.catchall ? schema : schema.strict()
  const result = closed.safeParse(input)
  if (result.success) return { settings: result.data as Record<string, unknown>, problems: [] }
  return { settings: {}, problems: explainIssues(closed, input, result.error.issues) }
}
