import { userCodeError } from '../errors/user-code-error.ts'
import type { Plan } from '../plan/types.ts'
import { EXIT } from '../values/errors.ts'
import { waiting } from '../values/waiting.ts'
import { reportError } from './connect.ts'
import { runContext, type Busy } from './run-context.ts'
import { invokedFailures } from './invocation.ts'
import { errorsOf } from './side-by-side.ts'
import { markTask, recordFailure, type RunState } from './state.ts'
import { createTunnels } from './tunnels.ts'
import { watchStalled } from './stalled-code.ts'
import type { WavesInput } from './waves-input.ts'

type CodeWave = Plan['waves'][number] & { kind: 'run' }

/** How long code may take to end by itself after an interrupt. Its commands are ended at once. */
const GRACE_MS = 3000

/** Runs a task that is code. Reports its errors with their place. Abandons code that does not end when interrupted. */
export const runCodeTask = async (state: RunState, wave: CodeWave, number: number, input: WavesInput): Promise<boolean> => {
  const { task } = wave
  const mark = (how: 'started' | 'done') => wave.hosts.forEach((host) => markTask(state, host.name, task.name, how))
  mark('started')
  const tunnels = createTunnels((host, message) => state.emit({ type: 'log', level: 'warn', host: host.name, task: task.name, message }))
  try {
    const busy: Busy = { commands: 0, invoked: 0, tasks: new Set() }
    const invoking = [...(input.invoking ?? []), task.name]
    const work = (async () => {
      await task.def.run!(runContext(state, task, { ...input, wave: number, busy, invoking, tunnels }))
      await invokedEnd(busy)
    })()
    await untilEnded(
      waiting(`the task ${task.name}`, work, { quiet: true }),
      input.signal,
      watchStalled(() => busy.commands + busy.invoked > 0),
      // it ends by itself, and its finally hooks run to their end
      () => busy.invoked > 0,
      () => {
        state.emit({
          type: 'log',
          level: 'warn',
          task: task.name,
          message: 'the code of this task did not stop when asked to; the run ends without it',
        })
      },
    )
    if (busy.commands > 0)
      state.emit({
        type: 'log',
        level: 'warn',
        task: task.name,
        message: 'the code of this task ended before commands that it had started: await every promise',
      })
    mark('done')
    return true
  } catch (error) {
    if (input.signal.aborted) return false
    for (const one of errorsOf(error)) {
      const invoked = invokedFailures(one)
      if (invoked === undefined) reportError(state, userCodeError(one, EXIT.failed), EXIT.failed, undefined, task.name)
      for (const failure of invoked ?? []) recordFailure(state, failure)
    }
    return false
  } finally {
    await tunnels.close()
  }
}

/** Code need not have awaited what it invoked: the task ends with that. Throws what went wrong there. */
const invokedEnd = async ({ tasks = new Set() }: Busy): Promise<void> => void (await Promise.all(tasks))

type Watch = ReturnType<typeof watchStalled>

const untilEnded = async (
  work: Promise<unknown>,
  signal: AbortSignal,
  watch: Watch,
  isEnding: () => boolean,
  onAbandon: () => void,
): Promise<void> => {
  const abandoned = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  const wait = () => {
    timer = setTimeout(() => {
      if (isEnding()) return wait()
      onAbandon()
      abandoned.reject(signal.reason)
    }, GRACE_MS)
  }
  signal.addEventListener('abort', wait, { once: true })
  if (signal.aborted) wait()
  try {
    await Promise.race([work, abandoned.promise, watch.stalled])
  } finally {
    clearTimeout(timer)
    watch.stop()
    signal.removeEventListener('abort', wait)
    // nothing handles what it throws from here on
    work.catch(() => {})
  }
}
