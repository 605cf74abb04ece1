import type { Host } from '../inventory/types.ts'
import { mergeEnv } from '../shell/env.ts'
import type { EnvMap } from '../shell/types.ts'
import { hiddenByConfig } from './recipe-env.ts'

/** One environment out of several, the strongest last. */
export const joinEnvs = (lowest: EnvMap, others: readonly EnvMap[]): EnvMap =>
  others.reduce((lower, upper) => mergeEnv(lower, upper)!, lowest)

/**
 * The whole environment of each host that has its own, by name: that is over the config's and the stage's (`below`), and under the command
 * line's (`above`), which includes what a flag changed in the environment of a recipe.
 */
export const hostEnvs = (
  hosts: readonly Host[],
  recipes: { readonly env: EnvMap; readonly byFlag: EnvMap },
  { below, above }: { readonly below: readonly EnvMap[]; readonly above: readonly EnvMap[] },
): ReadonlyMap<string, EnvMap> =>
  new Map(
    hosts.flatMap(({ name, env }) => {
      if (env === undefined) return []
      const lower = [...below, env as EnvMap]
      return [[name, Object.freeze(joinEnvs(recipes.env, [...lower, hiddenByConfig(recipes.byFlag, lower), ...above]))] as const]
    }),
  )
