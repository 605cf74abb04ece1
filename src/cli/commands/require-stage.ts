import type { LoadedConfig } from '../../config/raw-config.ts'
import { usageError, type ShipitError } from '../../values/errors.ts'
import { shipitCommand } from '../shipit-command.ts'
import type { Options } from '../global-options.ts'
import { unknownCommand, unknownStage } from '../usage-hints.ts'
import { loadProject } from './load-project.ts'

/** `shipit WORD` with nothing after it: the error that names what is missing, a task or a stage. */
export const missingTask = async (options: Options): Promise<ShipitError> => {
  const [first = ''] = options.words
  const loaded = await loadProject(options).catch((error: unknown) => {
    throw unknownCommand(first, shipitCommand(options)) ?? error
  })
  requireStage(loaded, options)
  const shipit = shipitCommand(options)
  return usageError(`which task? For example: ${shipit(first, 'deploy')}`, { hint: `see the tasks: ${shipit(first, '--tasks')}` })
}

/** Throws a usage error if the first word is not a stage of the config. */
export const requireStage = ({ config }: LoadedConfig, options: Options): void => {
  const stages = Object.keys(config.stages)
  if (stages.includes(options.words[0] ?? '')) return
  const { words, rest } = options
  throw unknownStage({
    // what follows -- is no task
    words: words.includes('exec') ? words : words.slice(0, words.length - (rest?.length ?? 0)),
    shipit: shipitCommand(options),
    stages,
    tasks: Object.keys(config.tasks ?? {}),
  })
}
