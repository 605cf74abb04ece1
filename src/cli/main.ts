import { guard } from '../output/stray.ts'
import { EXIT, usageError } from '../values/errors.ts'
import { HELP } from './help.ts'
import { ensureHome } from './home.ts'
import { parseOptions, unknownOption, type Options } from './options.ts'
import { assignment } from './other-words.ts'
import { reportFatal } from './report.ts'
import { watchUnsettled } from './unsettled.ts'

/** Takes argv, returns the exit code. Each command loads the heavy modules that it needs. */
export const main = async (argv: readonly string[]): Promise<number> => {
  const settled = watchUnsettled()
  ensureHome()
  let release = (): void => undefined
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
    const demo = first === 'demo' && second === undefined && !options.tasks
    if (options.keep && !demo)
      throw usageError('--keep is for shipit demo', { hint: 'to keep a release that failed: --set keepFailed=true' })
    if (demo) checkDemo(options)
    else if (options.full && (options.tasks || second === 'doctor'))
      throw usageError('--full is for a plan', { hint: 'use it with plan and a task: plan deploy --full' })
    if (options.tasks) {
      release = guard('stderr')
      const { listTasks } = await import('./commands/tasks.ts')
      return await listTasks(options)
    }
    if (demo) {
      const { demo: play } = await import('../sandbox/demo.ts')
      return await play({ keep: options.keep, stdout: process.stdout })
    }
    release = guard(options.output === 'jsonl' || second === 'plan' || options.dryRun ? 'stderr' : 'stdout')
    // the word after a task option is its value, whatever it looks like
    const values = new Set(options.extras.map(({ next }) => next))
    for (const [i, word] of options.words.entries()) {
      const wrong = values.has(i) ? undefined : assignment(word)
      if (wrong !== undefined) throw wrong
    }
    if (second === undefined) {
      const { stageOnly } = await import('./commands/stage-only.ts')
      throw await stageOnly(options)
    }
    if (second === 'doctor') {
      const { runDoctor } = await import('./commands/doctor.ts')
      return await runDoctor(options, argv)
    }
    const { runTasks } = await import('./commands/run.ts')
    return await runTasks(options, argv)
  } catch (error) {
    return reportFatal(error)
  } finally {
    release()
    settled()
  }
}

/** The demo has its own hosts and config. */
const checkDemo = (options: Options): void => {
  const given = (['hosts', 'roles', 'branch', 'release', 'config', 'output'] as const).find((name) => options[name] !== undefined)
  const flag = given ?? (options.set.length > 0 ? 'set' : options.dryRun ? 'dry-run' : options.full ? 'full' : undefined)
  if (flag !== undefined) throw usageError(`--${flag} changes nothing in the demo, which takes --keep alone`, { hint: 'shipit demo' })
}
