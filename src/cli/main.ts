import { EXIT, usageError } from '../values/errors.ts'
import { HELP } from './help.ts'
import { parseOptions, unknownOption } from './options.ts'
import { reportFatal } from './report.ts'

/** argv in, exit code out. Everything heavy is loaded by the command that needs it. */
export const main = async (argv: readonly string[]): Promise<number> => {
  try {
    const options = parseOptions(argv)
    const [first, second] = options.words
    if (options.help || (first === undefined && !options.tasks) || first === 'help') {
      process.stdout.write(HELP)
      return first === undefined && !options.help ? EXIT.usage : EXIT.done
    }
    // only tasks have options of their own
    const [extra] = options.extras
    if (extra !== undefined && (options.tasks || second === undefined || second === 'doctor')) throw unknownOption(extra.flag)
    if (options.tasks) {
      const { listTasks } = await import('./commands/tasks.ts')
      return await listTasks(options)
    }
    if (first === 'demo' && second === undefined) {
      const { demo } = await import('../sandbox/demo.ts')
      return await demo({ keep: options.keep, stdout: process.stdout })
    }
    if (second === undefined)
      throw usageError(`what shall be done with ${first}?`, { hint: `shipit ${first} deploy, for one; shipit --tasks lists the tasks` })
    if (second === 'doctor') {
      const { runDoctor } = await import('./commands/doctor.ts')
      return await runDoctor(options, argv)
    }
    const { runTasks } = await import('./commands/run.ts')
    return await runTasks(options, argv)
  } catch (error) {
    return reportFatal(error)
  }
}
