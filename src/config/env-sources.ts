import type { EnvMap } from '../shell/types.ts'

/** What gives a part of a stage's environment: `recipe NAME`, `config`, `stage` or `--set`. */
export interface EnvSource {
  readonly from: string
  readonly env: EnvMap
}

/** By the depth of a layer: that of the defaults has no environment. */
const LAYERS = ['default', 'config', 'stage', '--set'] as const

/**
 * Where a stage's environment comes from, lowest first. `keys` name the layer of each of `envs`; `hidden` is what recipes give because of the
 * command line, which is over the layers before `at`.
 */
export const envSources = (
  keys: readonly string[],
  envs: readonly EnvMap[],
  byRecipe: readonly { readonly name: string; readonly env: EnvMap }[],
  hidden: { readonly at: number; readonly env: EnvMap },
): EnvSource[] => {
  const layers = keys.map((key, i) => ({ from: String(LAYERS[Number(key.slice(4))]), env: envs[i]! }))
  return [
    ...byRecipe.map(({ name, env }) => ({ from: `recipe ${name}`, env })),
    ...layers.toSpliced(hidden.at, 0, { from: '--set', env: hidden.env }),
  ]
}
