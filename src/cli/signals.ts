import type { Emit } from '../events/types.ts'

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'
const CODE = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

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
  const handler = (signal: Signal) => {
    if (name !== undefined) {
      process.stderr.write('\nstopped at once: the hosts end by themselves what was still running there\n')
      process.exit(CODE[signal])
    }
    name = signal
    emit({ type: 'interrupt', signal, message: 'stopping: what runs is ended, what was quieted is started again; once more stops at once' })
    controller.abort(new Error(`interrupted by ${signal}`))
  }
  const signals = Object.keys(CODE) as Signal[]
  for (const signal of signals) process.on(signal, handler)
  return { signal: controller.signal, name: () => name, stop: () => signals.forEach((signal) => process.off(signal, handler)) }
}
