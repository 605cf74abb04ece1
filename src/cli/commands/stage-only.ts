import type { LoadedConfig } from '../../config/raw.ts'
import { usageError, type ShipitError } from '../../values/errors.ts'
import { exampleConfig } from '../../config/example.ts'
import { commandsOf } from '../commands-of.ts'
import type { Options } from '../options.ts'
import { firstWord, noStage } from '../other-words.ts'
import { loadProject } from './load.ts'

/** `shipit WORD` with nothing after it: the error that says what is missing, a task or a stage. */
export const stageOnly = async (options: Options): Promise<ShipitError> => {
  const [first = ''] = options.words
  const loaded = await loadProject(options).catch((error: unknown) => {
    throw firstWord(first, exampleConfig(), commandsOf(options)) ?? error
  })
  requireStage(loaded, options)
  const shipit = commandsOf(options)
  return usageError(`which task? For example: ${shipit(first, 'deploy')}`, { hint: `see the tasks: ${shipit(first, '--tasks')}` })
}

/** Throws a usage error if the first word is not a stage of the config. */
export const requireStage = ({ config }: LoadedConfig, options: Options): void => {
  const stages = Object.keys(config.stages)
  if (stages.includes(options.words[0] ?? '')) return
  throw noStage({
    words: options.words,
    shipit: commandsOf(options),
    stages,
    tasks: Object.keys(config.tasks ?? {}),
    example: exampleConfig(),
  })
}
