import type { Renderer } from '../events/types.ts'
import { createJsonl } from './jsonl.ts'
import { createLogFile } from './logfile.ts'
import { createPaint, wantsColour } from './paint.ts'
import { createPlain } from './plain.ts'
import { claiming } from './stray.ts'
import type { Target } from './writer.ts'

export type OutputName = 'tree' | 'plain' | 'jsonl'

export interface OutputOptions {
  /** what `--output` said */
  readonly output?: OutputName | undefined
  readonly stdout: Target
  readonly env: Readonly<Record<string, string | undefined>>
  /** path of the log file, undefined for none */
  readonly logFile?: string | undefined
  /** what was typed, for the log file */
  readonly argv?: readonly string[]
  /** a task was asked for that shows something: its lines are what is shown */
  readonly shows?: boolean
}

/** A tree for a person at a terminal, plain lines for CI, pipes and dumb terminals. */
export const outputFor = ({ output, stdout, env }: Pick<OutputOptions, 'output' | 'stdout' | 'env'>): OutputName => {
  if (output !== undefined) return output
  const ci = env.CI !== undefined && !['', '0', 'false'].includes(env.CI)
  return stdout.isTTY === true && !ci && env.TERM !== 'dumb' ? 'tree' : 'plain'
}

/** The renderers of a run: what a person or a program sees, then the log file. listr2 and chalk are loaded only where they are used. */
export const chooseRenderers = async (options: OutputOptions): Promise<Renderer[]> => {
  const { stdout, env, logFile, argv = [], shows = false } = options
  const log = logFile === undefined ? [] : [createLogFile({ path: logFile, argv })]
  return [await screenRenderer(outputFor(options), shows, stdout, env), ...log]
}

const screenRenderer = async (name: OutputName, shows: boolean, stdout: Target, env: OutputOptions['env']): Promise<Renderer> => {
  if (name === 'jsonl') return claiming(stdout, (text, _, write) => write(text, 'stderr'), createJsonl)
  const paint = await createPaint(wantsColour(env, stdout.isTTY === true))
  if (shows) {
    const { createQuiet } = await import('./quiet.ts')
    return claiming(
      stdout,
      (text, _, write) => write(text, 'stderr'),
      (target, stderr) => createQuiet({ stdout: target, stderr, paint }),
    )
  }
  if (name === 'plain')
    return claiming(
      stdout,
      (text, _, write) => write(text),
      (target) => createPlain({ stdout: target, paint }),
    )
  const [{ createTree }, { runPhase }] = await Promise.all([import('./tree.ts'), import('./listr.ts')])
  return createTree({ stdout, paint, run: runPhase })
}
