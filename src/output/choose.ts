import type { Renderer } from '../events/types.ts'
import { createJsonl } from './jsonl.ts'
import { createLogFile } from './logfile.ts'
import { createPaint, wantsColour } from './paint.ts'
import { createPlain } from './plain.ts'
import { claiming } from './stray.ts'
import type { Target } from './writer.ts'

export type OutputName = 'tree' | 'plain' | 'jsonl'

export interface OutputOptions {
  /** the value of `--output` */
  readonly output?: OutputName | undefined
  readonly stdout: Target
  readonly env: Readonly<Record<string, string | undefined>>
  /** path of the log file, undefined for none */
  readonly logFile?: string | undefined
  /** the command line, for the log file */
  readonly argv?: readonly string[]
  /** a task with `shows` was asked for: only its lines are shown */
  readonly shows?: boolean
  /** how much of the output of steps a tree shows */
  readonly steps?: 'none' | 'typed' | 'all'
}

/** A tree at a terminal; plain lines for CI, pipes and dumb terminals. */
export const outputFor = ({ output, stdout, env }: Pick<OutputOptions, 'output' | 'stdout' | 'env'>): OutputName => {
  if (output !== undefined) return output
  const ci = env.CI !== undefined && !['', '0', 'false'].includes(env.CI)
  return stdout.isTTY === true && !ci && env.TERM !== 'dumb' ? 'tree' : 'plain'
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
  if (name === 'jsonl') return claiming(stdout, (text, _, write) => write(text, 'stderr'), createJsonl)
  const paint = await createPaint(wantsColour(env, stdout.isTTY === true))
  if (shows) {
    const { createQuiet } = await import('./quiet.ts')
    return claiming(
      stdout,
      (text, _, write) => write(text, 'stderr'),
      (target, stderr) => createQuiet({ stdout: target, stderr, paint, log }),
    )
  }
  if (name === 'plain')
    return claiming(
      stdout,
      (text, _, write) => write(text),
      (target) => createPlain({ stdout: target, paint, log }),
    )
  const [{ createTree }, { runPhase }] = await Promise.all([import('./tree.ts'), import('./listr.ts')])
  return createTree({ stdout, paint, run: runPhase, output: steps, log })
}
