import type { Host } from '../inventory/types.ts'
import { mergeEnv } from '../shell/env.ts'
import type { EnvMap } from '../shell/types.ts'
import type { Stage } from '../tasks/stage.ts'
import { hiddenByConfig, recipesEnv } from './recipe-env.ts'

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
): Pick<Stage, 'hostEnv'> => {
  const hostEnv = hosts.flatMap(({ name, env }) =>
    env === undefined ? [] : [[name, wholeEnv(recipes, { below: [...below, env as EnvMap], above })] as const],
  )
  return hostEnv.length === 0 ? {} : { hostEnv: new Map(hostEnv) }
}

/** The environment of this machine, if that of a recipe is for servers alone. */
export const localEnv = (
  recipes: Parameters<typeof recipesEnv>[0],
  { stage, file }: { readonly stage: string; readonly file: string },
  around: { readonly below: readonly EnvMap[]; readonly above: readonly EnvMap[] },
): Pick<Stage, 'localEnv'> => {
  const everywhere = recipes.filter(({ recipe }) => recipe.definition.envOn !== 'servers')
  if (everywhere.length === recipes.length) return {}
  // what is wrong in one of them is a problem already
  return { localEnv: wholeEnv(recipesEnv(everywhere, { stage, file, problems: [] }), around) }
}

/** The environment of recipes, under that of the config (`below`) and of the command line (`above`). */
const wholeEnv = (
  recipes: { readonly env: EnvMap; readonly byFlag: EnvMap },
  { below, above }: { readonly below: readonly EnvMap[]; readonly above: readonly EnvMap[] },
): EnvMap => Object.freeze(joinEnvs(recipes.env, [...below, hiddenByConfig(recipes.byFlag, below), ...above]))
