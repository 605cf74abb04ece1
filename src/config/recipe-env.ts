import { mergeEnv } from '../shell/env.ts'
import type { EnvMap } from '../shell/types.ts'
import { thrownByConfig } from './evaluate.ts'
import { problemsOf } from './problems.ts'
import type { Problem } from './problems.ts'
import type { UsedRecipe } from './recipes.ts'
import { settings as schemas } from './schema.ts'

/**
 * The environment that recipes bring, in the order of `use`: a later one wins, lists for PATH are joined. Throws (usage) what a recipe's
 * code throws, with its place; what is no environment is among the problems.
 */
export const recipesEnv = (
  recipes: readonly (UsedRecipe & { readonly settings: Readonly<Record<string, unknown>> })[],
  { stage, file, problems }: { readonly stage: string; readonly file: string; readonly problems: Problem[] },
): EnvMap => {
  let env: EnvMap = {}
  for (const { name, recipe, path, settings } of recipes) {
    const make = recipe.definition.env
    if (!make) continue
    let made: unknown
    try {
      made = make({ settings, stage })
    } catch (error) {
      throw thrownByConfig(error, file, `the env of ${name}`)
    }
    const wrong = problemsOf(schemas.env, made)
    problems.push(...wrong.map((problem) => ({ path: [...path, 'env', ...problem.path], message: problem.message })))
    if (wrong.length === 0) env = mergeEnv(env, made as EnvMap)!
  }
  return env
}
