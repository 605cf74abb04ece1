import { thrownByCode } from '../plan/thrown.ts'
import type { Plan } from '../plan/types.ts'
import { EXIT } from '../values/errors.ts'
import { waiting } from '../values/waiting.ts'
import { reportError } from './connect.ts'
import { allOf, runContext } from './live.ts'
import { markTask, type RunState } from './state.ts'
import { whenStuck } from './stuck.ts'
import type { WavesInput } from './waves-input.ts'

type CodeWave = Plan['waves'][number] & { kind: 'run' }

/** How long code may take to end by itself after an interrupt. Its commands are ended at once. */
const GRACE_MS = 3000

/** Runs a task that is code. Reports its errors with their place. Abandons code that does not end when interrupted. */
export const runCode = async (state: RunState, wave: CodeWave, number: number, input: WavesInput): Promise<boolean> => {
  const { task } = wave
  const mark = (how: 'started' | 'done') => wave.hosts.forEach((host) => markTask(state, host.name, task.name, how))
  mark('started')
  try {
    const busy = { commands: 0 }
    const work = (async () => task.def.run!(runContext(state, task, { ...input, wave: number, busy })))()
    await endedOrLeft(
      waiting(`the task ${task.name}`, work, { quiet: true }),
      input.signal,
      whenStuck(() => busy.commands > 0),
      () => {
        state.emit({
          type: 'log',
          level: 'warn',
          task: task.name,
          message: 'the code of this task did not end when it was asked to; the run ends without it',
        })
      },
    )
    mark('done')
    return true
  } catch (error) {
    if (input.signal.aborted) return false
    for (const one of allOf(error)) reportError(state, thrownByCode(one, EXIT.failed), EXIT.failed, undefined, task.name)
    return false
  }
}

type Watch = ReturnType<typeof whenStuck>

const endedOrLeft = async (work: Promise<unknown>, signal: AbortSignal, watch: Watch, left: () => void): Promise<void> => {
  const over = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  const wait = () => {
    timer = setTimeout(() => {
      left()
      over.reject(signal.reason)
    }, GRACE_MS)
  }
  signal.addEventListener('abort', wait, { once: true })
  if (signal.aborted) wait()
  try {
    await Promise.race([work, over.promise, watch.stuck])
  } finally {
    clearTimeout(timer)
    watch.stop()
    signal.removeEventListener('abort', wait)
    // nothing handles what it throws from here on
    work.catch(() => {})
  }
}
