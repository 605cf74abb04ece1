import { fstatSync } from 'node:fs'
import type { Renderer } from '../events/types.ts'
import { createJsonl } from './jsonl.ts'
import { createLogFile } from './log-file.ts'
import { createPaint, wantsColour } from './colours.ts'
import { inCi, inGithub, inGitlab, type OutputName } from './names.ts'
import { createPlain } from './plain/plain.ts'
import { holdWhileLent } from './hold-while-lent.ts'
import { withInterception } from './intercept-streams.ts'
import { createQuiet } from './quiet.ts'
import type { Target } from './writer.ts'

export interface OutputOptions {
  /** the value of `--output` */
  readonly output?: OutputName | undefined
  readonly stdout: Target
  readonly env: Readonly<Record<string, string | undefined>>
  /** path of the log file, undefined for none */
  readonly logFile?: string | undefined
  /** the command line, for the log file */
  readonly argv?: readonly string[]
  /** only the end, and errors */
  readonly quiet?: boolean
  /** a task with `shows` was asked for: only its lines are shown */
  readonly shows?: boolean
  /** how much of the output of steps a tree shows; `all`: plain lines show what runs, too */
  readonly steps?: 'none' | 'typed' | 'all'
}

/** A tree at a terminal; plain lines for CI, pipes and dumb terminals; what GitHub Actions and GitLab CI can fold in their jobs. */
export const outputFor = ({ output, stdout, env }: Pick<OutputOptions, 'output' | 'stdout' | 'env'>): OutputName => {
  if (output !== undefined) return output
  if (stdout.isTTY !== true && inGithub(env)) return 'github'
  if (stdout.isTTY !== true && inGitlab(env)) return 'gitlab'
  return stdout.isTTY === true && !inCi(env) && env.TERM !== 'dumb' ? 'tree' : 'plain'
}

/** Whether a program reads what is written to a descriptor: only the runner of a job takes masks out of it again. */
const piped = (descriptor: number): boolean => {
  const stat = fstatSync(descriptor)
  return stat.isFIFO() || stat.isSocket()
}

/** The renderers of a run: the one you or a program reads, then the log file. Loads listr2 and chalk only if they are used. */
export const chooseRenderers = async (options: OutputOptions): Promise<Renderer[]> => {
  const { logFile, argv = [] } = options
  if (logFile === undefined) return [await screenRenderer(options, () => undefined)]
  const file = createLogFile({ path: logFile, argv })
  return [await screenRenderer(options, file.written), file]
}

const screenRenderer = async (options: OutputOptions, log: () => string | undefined): Promise<Renderer> => {
  const { stdout, env, shows = false, steps = 'none' } = options
  const name = outputFor(options)
  if (name === 'jsonl') return withInterception(stdout, (text, _, write) => write(text, 'stderr'), createJsonl)
  const ofCi = name === 'github' || name === 'gitlab'
  // their logs show colours, and have no TERM
  const paint = await createPaint(ofCi && !shows ? wantsColour({ ...env, TERM: undefined }, true) : wantsColour(env, stdout.isTTY === true))
  if (shows) {
    const { createTaskOutput } = await import('./task-output.ts')
    return withInterception(
      stdout,
      (text, _, write) => write(text, 'stderr'),
      (target, stderr) => holdWhileLent(createTaskOutput({ stdout: target, stderr, paint, log })),
    )
  }
  if (options.quiet)
    return withInterception(
      stdout,
      (text, _, write) => write(text, 'stderr'),
      (target) => createQuiet({ stdout: target, paint, log }),
    )
  if (name === 'plain')
    return withInterception(
      stdout,
      (text, _, write) => write(text),
      (target) => holdWhileLent(createPlain({ stdout: target, paint, verbose: steps === 'all', log })),
    )
  if (name === 'github') {
    const { createGithub } = await import('./ci/github.ts')
    return withInterception(
      stdout,
      (text, _, write) => write(text),
      (target, stderr) =>
        createGithub({ stdout: target, paint, verbose: steps === 'all', log, env, masks: inGithub(env) && piped(2) ? stderr : undefined }),
    )
  }
  if (name === 'gitlab') {
    const { createGitlab } = await import('./ci/gitlab.ts')
    return withInterception(
      stdout,
      (text, _, write) => write(text),
      (target) => createGitlab({ stdout: target, paint, verbose: steps === 'all', log }),
    )
  }
  const [{ createTree }, { runPhase }] = await Promise.all([import('./tree/tree.ts'), import('./tree/listr.ts')])
  return createTree({ stdout, paint, run: runPhase, output: steps, log })
}
