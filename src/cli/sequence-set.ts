import type { Overrides } from '../config/overrides.ts'
import type { LoadedConfig } from '../config/raw-config.ts'
import { resolveStage } from '../config/stage.ts'
import type { Stage } from '../tasks/stage.ts'
import type { Options } from './global-options.ts'
import { shipitCommand } from './shipit-command.ts'

/**
 * The stage as the typed sequences want it. What they `set` (`sets`) comes before what was typed with `--set`, so that the commands that
 * shipit prints have it too. Throws (usage) as {@link resolveStage} does.
 */
export const stageWithSets = async (
  stage: Stage,
  sets: readonly string[],
  { loaded, options, overrides }: { readonly loaded: LoadedConfig; readonly options: Options; readonly overrides: Overrides },
): Promise<Stage> => {
  if (sets.length === 0) return stage
  const set = [...sets, ...options.set]
  return resolveStage(loaded, stage.name, { ...overrides, set, shipit: shipitCommand({ ...options, set }) })
}
