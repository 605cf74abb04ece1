import type { LoadedConfig } from '../config/raw-config.ts'
import { guardStreams } from '../output/intercept-streams.ts'
import { EXIT } from '../values/errors.ts'
import { columnsIn } from '../values/width.ts'
import { commandOf, mayBeTask, RUN } from './command-table.ts'
import type { Command } from './command.ts'
import { ensureHome } from './home.ts'
import { parseOptions, type Options } from './global-options.ts'
import { refuseMisplaced } from './refuse-options.ts'
import { withoutAnswers } from './without-answers.ts'
import { reportFatal } from './report-fatal.ts'
import { watchUnsettledPromises } from './unsettled-promises.ts'

/** Takes argv, returns the exit code. Each command loads the heavy modules that it needs. */
export const main = async (argv: readonly string[]): Promise<number> => {
  const settled = watchUnsettledPromises()
  ensureHome()
  const guards: (() => void)[] = []
  const guard = (to: 'stdout' | 'stderr') => void guards.push(guardStreams(to))
  try {
    const options = parseOptions(argv)
    const [first] = options.words
    if (options.help || (first === undefined && !options.tasks) || first === 'help') {
      const columns = columnsIn(process.stdout, 80)
      const { helpFor } = await import('./help.ts')
      process.stdout.write((await helpForTask(options, columns)) ?? helpFor(options, columns))
      return first === undefined && !options.help ? EXIT.usage : EXIT.done
    }
    const { command, loaded } = await chooseCommand(options, guard)
    refuseMisplaced(options, command)
    if (command.guard && !loaded) guard(command.guard(options))
    const run = await command.load()
    return await run(options, withoutAnswers(argv), loaded)
  } catch (error) {
    return reportFatal(error)
  } finally {
    guards.forEach((release) => release())
    settled()
  }
}

/** The help of a task, which needs the config. */
const helpForTask = async (options: Options, columns: number): Promise<string | undefined> =>
  options.words.length < 2 ? undefined : (await import('./commands/task-help.ts')).taskHelp(options, columns)

/** The command that was typed; or the one that runs tasks, if the stage has a task with its name. Only that needs the config. */
const chooseCommand = async (
  options: Options,
  guard: (to: 'stdout' | 'stderr') => void,
): Promise<{ readonly command: Command; readonly loaded?: LoadedConfig }> => {
  const command = commandOf(options)
  if (!mayBeTask(command)) return { command }
  guard('stderr')
  const { findOwnTask } = await import('./commands/find-own-task.ts')
  const { loaded, found } = await findOwnTask(options, command.name)
  return { command: found ? RUN : command, loaded }
}
