import type { Emit } from '../events/types.ts'
import { SIGNAL_EXIT } from '../values/errors.ts'

type Signal = keyof typeof SIGNAL_EXIT

/** Two signals closer together than this are one. */
const ECHO_MS = 300

const stopMessage = (signal: Signal): string =>
  signal === 'SIGINT'
    ? 'Interrupted: cleaning up. Press Ctrl-C again to quit at once'
    : `${signal}: cleaning up. A second one quits at once`
const RECOVERING = 'this run has failed and finishes its clean-up first'

export interface Interrupt {
  readonly signal: AbortSignal
  /** undefined if the signal was the normal end of a followed step */
  readonly name: () => Signal | undefined
  /** A step starts to follow until Ctrl-C, or has ended. */
  follow(on: boolean): void
  /** The terminal belongs to a host, or is back: in between, Ctrl-C is not for shipit. */
  handedOver(away: boolean): void
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
  let firstAt: number | undefined
  let following = 0
  let recovering = false
  let away = false
  const handler = (signal: Signal) => {
    if (away && signal === 'SIGINT') return
    if (firstAt !== undefined) {
      // one Ctrl-C may arrive twice: from the terminal and from npm, which forwards it; a closing terminal hangs up twice
      if (Date.now() - firstAt < ECHO_MS) return
      process.stderr.write('\nstopped at once: each host ends what still runs there\n')
      process.exit(SIGNAL_EXIT[signal])
    }
    firstAt = Date.now()
    if (o.lines && signal === 'SIGINT' && process.stderr.isTTY) process.stderr.write('\n')
    if (signal === 'SIGINT' && following > 0) return controller.abort(new Error('the user stopped following it'))
    name = signal
    emit({
      type: 'interrupt',
      signal,
      message: recovering ? `${signal}: ${RECOVERING}; a second signal quits at once` : stopMessage(signal),
    })
    controller.abort(new Error(`interrupted by ${signal}`))
  }
  const onReaderGone = () => {
    if (following > 0) controller.abort(new Error('its reader has gone'))
  }
  const signals = Object.keys(SIGNAL_EXIT) as Signal[]
  for (const signal of signals) process.on(signal, handler)
  process.stdout.on('error', onReaderGone)
  return {
    signal: controller.signal,
    name: () => name,
    follow: (on) => void (following += on ? 1 : -1),
    handedOver: (now) => void (away = now),
    recovering: () => void (recovering = true),
    stop: () => {
      signals.forEach((signal) => process.off(signal, handler))
      process.stdout.off('error', onReaderGone)
    },
  }
}
