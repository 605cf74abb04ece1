import type { Emit } from '../events/types.ts'

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'
const CODE = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Two signals that are nearer to each other than this are one. */
const ECHO_MS = 300

export interface Interrupt {
  readonly signal: AbortSignal
  readonly name: () => Signal | undefined
  /** takes the handlers away */
  stop(): void
}

/** The first signal asks the run to end cleanly; a second one ends the process at once (the hosts' keepers then end what still runs). */
export const listenForSignals = (emit: Emit): Interrupt => {
  const controller = new AbortController()
  let name: Signal | undefined
  let since = 0
  const handler = (signal: Signal) => {
    if (name !== undefined) {
      // one Ctrl-C may come twice: from the terminal and from npm, which passes it on; a closing terminal hangs up twice
      if (Date.now() - since < ECHO_MS) return
      process.stderr.write('\nstopped at once: the hosts end by themselves what was still running there\n')
      process.exit(CODE[signal])
    }
    name = signal
    since = Date.now()
    emit({ type: 'interrupt', signal, message: 'stopping: what runs is ended, what was quieted is started again; once more stops at once' })
    controller.abort(new Error(`interrupted by ${signal}`))
  }
  const signals = Object.keys(CODE) as Signal[]
  for (const signal of signals) process.on(signal, handler)
  return { signal: controller.signal, name: () => name, stop: () => signals.forEach((signal) => process.off(signal, handler)) }
}
