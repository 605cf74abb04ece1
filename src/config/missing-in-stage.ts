import type { ConfigPath, Problem } from '../errors/source-location.ts'
import type { UsedRecipe } from './recipes.ts'

/** `problems` of a recipe's settings, and the settings that each stage has to give and this one does not. Paths begin with the setting. */
export const missingInStage = (
  { recipe: { perStage = [] } }: UsedRecipe,
  isGiven: (key: string) => boolean,
  problems: readonly Problem[],
): readonly Problem[] => {
  if (perStage === 'all') return problems
  const missing = perStage.filter((key) => !isGiven(key) && !problems.some(({ path }) => path[0] === key))
  return [...problems, ...missing.map((key) => ({ path: [key], message: 'is missing: each stage gives it (perStage in use)' }))]
}

/** Where a setting should be that is wrong and that nobody gives: in the stage, or in `use`. */
export const placeOfMissing = ({ recipe: { perStage = [] }, path, stagePath }: UsedRecipe, problem: Problem): ConfigPath =>
  perStage === 'all' || perStage.includes(String(problem.path[0])) ? stagePath : path
