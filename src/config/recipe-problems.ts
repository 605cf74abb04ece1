import type { ProblemsContext } from '../tasks/linked-paths.ts'
import { configCodeError } from './evaluate.ts'
import { unlessMissing } from './missing-variables.ts'
import type { Problem } from '../errors/source-location.ts'
import type { UsedRecipe } from './recipes.ts'

/**
 * The problems that recipes find in their settings, given the rest of the stage. Throws (usage) what a recipe's code throws, with its
 * location.
 */
export const recipeProblems = (
  recipes: readonly (UsedRecipe & { readonly settings: Readonly<Record<string, unknown>> })[],
  stage: Omit<ProblemsContext, 'settings'>,
  file: string,
): Problem[] =>
  recipes.flatMap(({ name, recipe, path, settings }) => {
    try {
      return (unlessMissing(() => recipe.definition.problems?.({ ...stage, settings })) ?? []).map((message) => ({
        path,
        message,
        recipe: name,
      }))
    } catch (error) {
      throw configCodeError(error, file, `the problems of ${name}`)
    }
  })
