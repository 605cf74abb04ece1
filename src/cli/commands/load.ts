import { loadConfig } from '../../config/load.ts'
import type { LoadedConfig } from '../../config/raw.ts'
import { checkTrusted } from '../../config/trusted.ts'
import { staticProblems } from '../../config/static.ts'
import { shareLibrary } from '../library.ts'
import { commandsOf } from '../commands-of.ts'
import type { Options } from '../options.ts'

/** Loads the config of the folder that shipit was called in. The library that it imports is the one of this process. */
export const loadProject = (options: Options): Promise<LoadedConfig> => {
  const closed = new Set<string>()
  shareLibrary((file) => checkTrusted(file, closed))
  return loadConfig({
    cwd: process.cwd(),
    file: options.config,
    recipes: async () => ({ ...(await import('../../../recipes/index.ts')) }),
    inspect: (value) => staticProblems(value, commandsOf(options)),
  })
}
