import { dirname } from 'node:path'
import type { Overrides } from '../../config/overrides.ts'
import type { LoadedConfig } from '../../config/raw-config.ts'
import type { Options } from '../global-options.ts'
import { logFile } from '../invocation.ts'
import { shipitCommand } from '../shipit-command.ts'
import { loadProject } from './load-project.ts'
import { requireStage } from './require-stage.ts'

/** A config that has the stage of the command line, and what the command line says about it. */
export interface Project {
  readonly loaded: LoadedConfig
  readonly overrides: Overrides
  /** where a run writes its log */
  readonly log: string | undefined
}

/**
 * Opens the project of the command line, once: its folder is the current one from then on, because relative paths in the config start
 * there; those on the command line start where shipit was called. `given`: the config, if it is loaded already. Throws (usage) if it has
 * no such stage.
 */
export const openProject = async (options: Options, given?: LoadedConfig): Promise<Project> => {
  const loaded = given ?? (await loadProject(options))
  requireStage(loaded, options)
  const log = logFile(options, loaded.file)
  process.chdir(dirname(loaded.file))
  const branch = options.branch === undefined ? {} : { branch: options.branch }
  return { loaded, log, overrides: { set: options.set, shipit: shipitCommand(options), ...branch } }
}
