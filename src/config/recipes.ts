import type { z } from 'zod'
import type { AnyRecipe, RecipeDefinition } from '../tasks/types.ts'
import { isPresent } from '../values/absent.ts'
import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { asSecretIfReplaced } from '../values/secret.ts'
import { withMissing } from './missing-variables.ts'
import type { PartialValues } from './missing-variables.ts'
import type { GivenSetting } from './layer-settings.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { explainIssues } from '../settings/zod-problems.ts'
import type { Raw, RawStage } from './raw-config.ts'

export interface UsedRecipe {
  /** the name it is used under */
  readonly name: string
  readonly recipe: AnyRecipe
  /** its place in the config */
  readonly path: ConfigPath
  /** where the stage gives its settings */
  readonly stagePath: ConfigPath
}

/** The recipes of the config, then the stage's. One that the stage uses under the same name takes the place of the config's. */
export const layerRecipes = (config: Raw, stage: RawStage, name: string): readonly UsedRecipe[] => {
  const used = new Map<string, UsedRecipe>()
  const lists = [
    { use: config.use ?? [], path: ['use'] },
    { use: stage.use ?? [], path: ['stages', name, 'use'] },
  ]
  for (const { use, path } of lists) {
    const names = new Set<string>()
    use.forEach((recipe, i) => {
      if (!isPresent(recipe)) return
      const called = recipe.options.name ?? recipe.name
      if (names.has(called)) {
        throw usageError(`${called} is used twice in ${path.join('.')}`, {
          hint: `give one of them another name: ${recipe.name}({ … }, { name: '${called}2' })`,
        })
      }
      names.add(called)
      used.set(called, { name: called, recipe, path: [...path, i], stagePath: ['stages', name, 'settings', called] })
    })
  }
  return [...used.values()]
}

/** Settings of the recipes: those given at `use`, overridden by the stage's. */
export const layerRecipeSettings = (recipes: readonly UsedRecipe[], stage: RawStage): Map<string, GivenSetting> => {
  const given = new Map<string, GivenSetting>()
  for (const { name: called, recipe, path, stagePath } of recipes) {
    const layers = [
      { path, values: recipe.given },
      { path: stagePath, values: stage.settings?.[called] },
    ]
    for (const layer of layers) {
      for (const [key, value] of Object.entries(layer.values ?? {})) {
        if (value === undefined) continue
        const name = `settings.${called}.${key}`
        given.set(name, { value: asSecretIfReplaced(given.get(name)?.value, value), path: [...layer.path, key] })
      }
    }
  }
  return given
}

/** By the name that a recipe is used under: its own name, and the schema of its settings. */
export const schemasOf = (recipes: readonly UsedRecipe[]) =>
  Object.fromEntries(
    recipes.map(({ name, recipe: { definition } }) => [name, { recipe: definition.name, schema: definition.settings }] as const),
  )

/** Settings for recipes that the stage does not use. */
export const unknownSettings = (stage: RawStage, names: readonly string[], here: ConfigPath): Problem[] =>
  Object.keys(stage.settings ?? {})
    .filter((key) => !names.includes(key))
    .map((key) => ({ path: [...here, 'settings', key], message: `no recipe "${key}" is used${didYouMean(key, names)}` }))

/**
 * Checks a recipe's settings against its schema, and fills in defaults. Unknown keys are mistakes. Settings that lack variables report it
 * when they are read; each of the others is still checked. Problem paths are relative to the settings.
 */
export const checkSettings = ({ name, settings: schema }: RecipeDefinition, { values: input, missing }: PartialValues) => {
  if (!schema) {
    const problems: Problem[] = [...Object.keys(input), ...missing.keys()].map((key) => ({
      path: [key],
      message: 'the recipe has no settings',
    }))
    return { settings: {}, problems }
  }
  // a schema that accepts unknown keys has a catchall
  const closed = schema.def.catchall ? schema : schema.strict()
  const missingKnown = new Map([...missing].filter(([key]) => schema.def.catchall || Object.hasOwn(schema.shape, key)))
  const odd = [...missing.keys()].filter((key) => !missingKnown.has(key))
  const result = closed.safeParse({ ...input, ...Object.fromEntries(odd.map((key) => [key, null])) })
  if (result.success) return { settings: withMissing(result.data as Record<string, unknown>, missingKnown), problems: [] }
  const { issues } = result.error
  // checks across several settings need all of them
  const isSure = ({ code, path: [key] }: z.core.$ZodIssue) =>
    !missingKnown.has(String(key)) && (code !== 'custom' || isWrongAlone(schema, String(key), input))
  const sure = missingKnown.size === 0 ? issues : issues.filter(isSure)
  if (sure.length > 0 || missingKnown.size === 0) return { settings: {}, problems: explainIssues(closed, input, sure, name) }
  return { settings: withMissing(each(schema, input), missingKnown), problems: [] }
}

/** Whether a setting is wrong whatever the others are. */
const isWrongAlone = (schema: z.ZodObject, key: string, input: Readonly<Record<string, unknown>>): boolean => {
  const one = (schema.shape as Readonly<Record<string, z.ZodType>>)[key]
  return one !== undefined && Object.hasOwn(input, key) && !one.safeParse(input[key]).success
}

const each = (schema: z.ZodObject, input: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>).flatMap(([key, one]) => {
      const result = one.safeParse(input[key])
      return result.success && result.data !== undefined ? [[key, result.data] as const] : []
    }),
  )
