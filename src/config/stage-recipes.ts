import { settingsWithoutFlags } from './apply-overrides.ts'
import { checkSettings } from './recipes.ts'
import type { UsedRecipe } from './recipes.ts'
import { missingInStage, placeOfMissing } from './missing-in-stage.ts'
import type { Resolver } from './resolver.ts'
import type { ResolvedRecipe } from '../tasks/stage.ts'

/** A recipe with its checked settings. */
export type CheckedRecipe = ResolvedRecipe & {
  /** its settings without the command line; undefined if that changes none, or the recipe has no env */
  readonly withoutFlags: Readonly<Record<string, unknown>> | undefined
}

/** Resolves and checks the settings of one recipe. Mistakes go to the problems of the resolver. */
export const resolveRecipe = async (used: UsedRecipe, resolver: Resolver): Promise<CheckedRecipe> => {
  const { name, recipe } = used
  const prefix = `settings.${name}.`
  const given = await resolver.partly(prefix)
  const { settings, problems } = checkSettings(recipe.definition, given)
  const isGiven = (key: string): boolean => Object.hasOwn(given.values, key) || given.missing.has(key)
  for (const problem of missingInStage(used, isGiven, problems)) {
    const { path: inside, message } = problem
    const givenAt = resolver.pathOf(`${prefix}${String(inside[0])}`)
    resolver.problems.push({
      path: givenAt.length > 0 ? [...givenAt, ...inside.slice(1)] : [...placeOfMissing(used, problem), ...inside],
      message,
      recipe: name,
    })
  }
  const original = recipe.definition.env && (await settingsWithoutFlags(prefix, given, resolver))
  const withoutFlags = original && checkSettings(recipe.definition, original).settings
  return { recipe, name, settings: Object.freeze(settings), withoutFlags }
}
