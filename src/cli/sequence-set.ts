import type { Overrides } from '../config/overrides.ts'
import type { LoadedConfig } from '../config/raw-config.ts'
import { resolveStage } from '../config/stage.ts'
import { createRegistry, findIn } from '../tasks/registry.ts'
import { setBySequences } from '../tasks/sequence-set.ts'
import type { Stage } from '../tasks/stage.ts'
import type { Options } from './global-options.ts'
import { shipitCommand } from './shipit-command.ts'

/**
 * The stage as the sequences among the tasks want it: what they `set` counts as typed before what was typed, so that the commands that
 * shipit prints have it too. Throws (usage) as {@link resolveStage} does.
 */
export const stageForTasks = async (
  stage: Stage,
  tasks: readonly string[],
  { loaded, options, overrides }: { readonly loaded: LoadedConfig; readonly options: Options; readonly overrides: Overrides },
): Promise<Stage> => {
  const sets = setBySequences(tasks, findIn(createRegistry(stage)))
  if (sets.length === 0) return stage
  const set = [...sets, ...options.set]
  return resolveStage(loaded, stage.name, { ...overrides, set, shipit: shipitCommand({ ...options, set }) })
}
