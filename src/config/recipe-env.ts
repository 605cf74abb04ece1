import { isPathList, mergeEnv } from '../shell/env.ts'
import type { EnvMap } from '../shell/types.ts'
import { isPath } from '../values/path.ts'
import { isSecret, reveal } from '../values/secret.ts'
import { thrownByConfig } from './evaluate.ts'
import { unlessLacking } from './lacking.ts'
import { problemsOf } from './problems.ts'
import type { Problem } from '../errors/source-location.ts'
import type { UsedRecipe } from './recipes.ts'
import { settings as schemas } from './schema.ts'

type Used = UsedRecipe & {
  readonly settings: Settings
  /** the settings without the command line; undefined if that sets none of them */
  readonly under: Settings | undefined
}
type Settings = Readonly<Record<string, unknown>>

/**
 * The environment that recipes add, in the order of `use`: later ones win, lists for PATH are joined. `byFlag`: the part that the command
 * line made. Throws (usage) what a recipe's code throws, with its place. An invalid value goes to the problems.
 */
export const recipesEnv = (
  recipes: readonly Used[],
  { stage, file, problems }: { readonly stage: string; readonly file: string; readonly problems: Problem[] },
): { env: EnvMap; byFlag: EnvMap } => {
  let env: EnvMap = {}
  let byFlag: EnvMap = {}
  for (const { name, recipe, path, settings, under } of recipes) {
    const make = recipe.definition.env
    if (!make) continue
    const from = (given: Settings): unknown => {
      try {
        return make({ settings: given, stage })
      } catch (error) {
        throw thrownByConfig(error, file, `the env of ${name}`)
      }
    }
    const made = from(settings)
    const wrong = problemsOf(schemas.env, made)
    problems.push(...wrong.map((problem) => ({ path: [...path, 'env', ...problem.path], message: problem.message })))
    if (wrong.length > 0) continue
    env = mergeEnv(env, made as EnvMap)!
    // the settings that the command line replaced may lack variables
    if (under) byFlag = mergeEnv(byFlag, changed(unlessLacking(() => from(under)) as EnvMap | undefined, made as EnvMap))!
  }
  return { env, byFlag }
}

const changed = (before: EnvMap = {}, after: EnvMap): EnvMap =>
  Object.fromEntries(Object.entries(after).filter(([key, value]) => show(before[key]) !== show(value)))

// compare paths and secrets by value, not by their keys
const show = (value: unknown): string => {
  if (isSecret(value)) return `secret ${reveal(value)}`
  if (!isPathList(value)) return isPath(value) ? `path ${String(value)}` : `${typeof value} ${String(value)}`
  const { side, dirs, over } = value
  return [side, ...dirs.map(show), show(over)].join('\n')
}

/** The part of `byFlag` that the config's own environment would hide. Lists for PATH are joined anyway. */
export const hidden = (byFlag: EnvMap, envs: readonly EnvMap[]): EnvMap =>
  Object.fromEntries(
    Object.entries(byFlag).filter(([key, value]) => envs.some((env) => key in env && !(isPathList(value) && isPathList(env[key])))),
  )
