import { isPathList, mergeEnv } from '../shell/env.ts'
import type { EnvMap } from '../shell/types.ts'
import { isPath } from '../values/path.ts'
import { isSecret, reveal } from '../values/secret.ts'
import { configCodeError } from './evaluate.ts'
import { unlessMissing } from './missing-variables.ts'
import { problemsOf } from '../settings/zod-problems.ts'
import type { Problem } from '../errors/source-location.ts'
import type { UsedRecipe } from './recipes.ts'
import { schemas } from '../settings/derived.ts'

type Used = UsedRecipe & {
  readonly settings: Settings
  /** the settings without the command line; undefined if that sets none of them */
  readonly withoutFlags: Settings | undefined
}
type Settings = Readonly<Record<string, unknown>>

/**
 * The environment that recipes add, in the order of `use`: later ones win, lists for PATH are joined. `byFlag`: the part that the command
 * line made; `byRecipe`: what each added. Throws (usage) what a recipe's code throws, with its place. An invalid value goes to the problems.
 */
export const recipesEnv = (
  recipes: readonly Used[],
  { stage, file, problems }: { readonly stage: string; readonly file: string; readonly problems: Problem[] },
): { env: EnvMap; byFlag: EnvMap; byRecipe: readonly { readonly name: string; readonly env: EnvMap }[] } => {
  const byRecipe: { name: string; env: EnvMap }[] = []
  let env: EnvMap = {}
  let byFlag: EnvMap = {}
  for (const { name, recipe, path, settings, withoutFlags } of recipes) {
    const make = recipe.definition.env
    if (!make) continue
    const envFrom = (given: Settings): unknown => {
      try {
        return make({ settings: given, stage })
      } catch (error) {
        throw configCodeError(error, file, `the env of ${name}`)
      }
    }
    const added = envFrom(settings)
    const wrong = problemsOf(schemas.env, added)
    problems.push(...wrong.map((problem) => ({ path: [...path, 'env', ...problem.path], message: problem.message, recipe: name })))
    if (wrong.length > 0) continue
    byRecipe.push({ name, env: added as EnvMap })
    env = mergeEnv(env, added as EnvMap)!
    // the settings that the command line replaced may lack variables
    if (withoutFlags) byFlag = mergeEnv(byFlag, changed(unlessMissing(() => envFrom(withoutFlags)) as EnvMap | undefined, added as EnvMap))!
  }
  return { env, byFlag, byRecipe }
}

const changed = (before: EnvMap = {}, after: EnvMap): EnvMap =>
  Object.fromEntries(Object.entries(after).filter(([key, value]) => comparable(before[key]) !== comparable(value)))

// compare paths and secrets by value, not by their keys
const comparable = (value: unknown): string => {
  if (isSecret(value)) return `secret ${reveal(value)}`
  if (!isPathList(value)) return isPath(value) ? `path ${String(value)}` : `${typeof value} ${String(value)}`
  const { side, dirs, over } = value
  return [side, ...dirs.map(comparable), comparable(over)].join('\n')
}

/** The part of `byFlag` that the config's own environment would hide. Lists for PATH are joined anyway. */
export const hiddenByConfig = (byFlag: EnvMap, envs: readonly EnvMap[]): EnvMap =>
  Object.fromEntries(
    Object.entries(byFlag).filter(([key, value]) => envs.some((env) => key in env && !(isPathList(value) && isPathList(env[key])))),
  )
