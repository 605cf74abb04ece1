import type { ProblemsContext } from '../tasks/linked.ts'
import { thrownByConfig } from './evaluate.ts'
import { unlessLacking } from './lacking.ts'
import type { Problem } from '../errors/source-location.ts'
import type { UsedRecipe } from './recipes.ts'

/** What recipes find wrong with their settings, given the rest of the stage. Throws (usage) what a recipe's code throws, with its place. */
export const recipeProblems = (
  recipes: readonly (UsedRecipe & { readonly settings: Readonly<Record<string, unknown>> })[],
  stage: Omit<ProblemsContext, 'settings'>,
  file: string,
): Problem[] =>
  recipes.flatMap(({ name, recipe, path, settings }) => {
    try {
      return (unlessLacking(() => recipe.definition.problems?.({ ...stage, settings })) ?? []).map((message) => ({ path, message }))
    } catch (error) {
      throw thrownByConfig(error, file, `the problems of ${name}`)
    }
  })
