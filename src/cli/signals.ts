import type { Emit } from '../events/types.ts'

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'
const CODE = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** Two signals closer together than this are one. */
const ECHO_MS = 300

const stopping = (signal: Signal): string =>
  signal === 'SIGINT' ? 'Interrupted: cleaning up. Ctrl-C again quits at once' : `${signal}: cleaning up. A second one quits at once`
const RECOVERING = 'this run has failed and is cleaning up: it goes on until that is done'

export interface Interrupt {
  readonly signal: AbortSignal
  /** undefined if the signal was the normal end of a followed step */
  readonly name: () => Signal | undefined
  /** A step starts to follow until Ctrl-C, or has ended. */
  follow(on: boolean): void
  /** From now on the run recovers from its failure, to the end, whatever the first signal says. */
  recovering(): void
  /** takes the handlers away */
  stop(): void
}

/**
 * The first signal asks the run to end cleanly; a second one ends the process at once (the keepers on the hosts then end what still runs).
 * While a step follows, Ctrl-C is its normal end, and so is a reader that exits: `shipit … | head`.
 */
export const listenForSignals = (
  emit: Emit,
  o: { /** only lines are shown: the terminal's ^C gets a line of its own */ lines?: boolean } = {},
): Interrupt => {
  const controller = new AbortController()
  let name: Signal | undefined
  let since: number | undefined
  let following = 0
  let recovering = false
  const handler = (signal: Signal) => {
    if (since !== undefined) {
      // one Ctrl-C may arrive twice: from the terminal and from npm, which forwards it; a closing terminal hangs up twice
      if (Date.now() - since < ECHO_MS) return
      process.stderr.write('\nstopped at once: each host ends what is still running there\n')
      process.exit(CODE[signal])
    }
    since = Date.now()
    if (o.lines && signal === 'SIGINT' && process.stderr.isTTY) process.stderr.write('\n')
    if (signal === 'SIGINT' && following > 0) return controller.abort(new Error('it has been followed long enough'))
    name = signal
    emit({ type: 'interrupt', signal, message: recovering ? `${signal}: ${RECOVERING}; once more stops at once` : stopping(signal) })
    controller.abort(new Error(`interrupted by ${signal}`))
  }
  const gone = () => {
    if (following > 0) controller.abort(new Error('nobody reads it any more'))
  }
  const signals = Object.keys(CODE) as Signal[]
  for (const signal of signals) process.on(signal, handler)
  process.stdout.on('error', gone)
  return {
    signal: controller.signal,
    name: () => name,
    follow: (on) => void (following += on ? 1 : -1),
    recovering: () => void (recovering = true),
    stop: () => {
      signals.forEach((signal) => process.off(signal, handler))
      process.stdout.off('error', gone)
    },
  }
}
