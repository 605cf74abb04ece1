import { onlyRecipes } from '../../../recipes/files.ts'
import { loadConfig } from '../../config/load.ts'
import type { LoadedConfig } from '../../config/raw-config.ts'
import { checkTrusted } from '../../config/trusted.ts'
import { staticProblems } from '../../config/static-checks.ts'
import { registerModuleHooks } from '../module-hooks.ts'
import { shipitCommand } from '../shipit-command.ts'
import type { Options } from '../global-options.ts'

/** Loads the config of the folder that shipit was called in. The library that it imports is the one of this process. */
export const loadProject = (options: Options): Promise<LoadedConfig> => {
  const closed = new Set<string>()
  registerModuleHooks((file) => checkTrusted(file, closed))
  return loadConfig({
    cwd: process.cwd(),
    file: options.config,
    recipes: async () => onlyRecipes(await import('../../../recipes/on-demand.ts')),
    inspect: (value) => staticProblems(value, shipitCommand(options)),
  })
}
