import { dirname } from 'node:path'
import { collectEnvErrors } from '../../config/env-issues.ts'
import { localFacts } from '../../config/operator.ts'
import type { LoadedConfig, RawStage } from '../../config/raw-config.ts'
import { selectStage } from '../../config/select-stage.ts'

export interface SettledStage {
  readonly stage: RawStage
  /** the config; if the stage is a function, with one that returns `stage` and does not run the code again */
  readonly loaded: LoadedConfig
}

/** The stage as written; one that is a function is called, once. Throws (usage) what is wrong in that code. */
export const settleStage = async (loaded: LoadedConfig, name: string): Promise<SettledStage> => {
  const { config } = loaded
  const stage = await inFolderOf(loaded, () => collectEnvErrors(() => selectStage(loaded, name, localFacts(dirname(loaded.file)))))
  if (typeof config.stages[name] !== 'function') return { stage, loaded }
  // still a function, so that a run checks the other stages as it always does
  return { stage, loaded: { ...loaded, config: { ...config, stages: { ...config.stages, [name]: () => stage } } } }
}

/** Code of a config runs in its folder. Paths on the command line start in the current one, and may still be read. */
const inFolderOf = async <T>({ file }: LoadedConfig, run: () => Promise<T>): Promise<T> => {
  const before = process.cwd()
  process.chdir(dirname(file))
  try {
    return await run()
  } finally {
    process.chdir(before)
  }
}
