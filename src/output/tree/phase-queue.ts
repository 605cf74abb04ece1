import type { RunEvent } from '../../events/types.ts'
import { createPhase, type Phase } from './phase.ts'
import type { RunningPhase, runPhase } from './listr.ts'

export interface OpenPhase {
  readonly phase: Phase
  readonly view: RunningPhase
}

export interface PhaseQueueOptions {
  readonly run: (phase: Phase) => ReturnType<typeof runPhase>
  /** shows an event, when everything before it is on the screen */
  readonly show: (event: RunEvent) => void
  /** whether the open phase, which this event ends, went well; undefined: the event ends none */
  readonly endsWell: (event: RunEvent, open: Phase) => boolean | undefined
  /** called before the closing lines of a phase */
  readonly beforeClose: () => void
}

/**
 * The phases of a tree, one open at a time. A phase takes a few promises to close after the event that ended it; later events wait, so that
 * the order on the screen is right.
 */
export interface PhaseQueue {
  push(event: RunEvent): void
  start(title: string, hosts: readonly string[], at: number): void
  finish(ok: boolean, at: number): void
  open(): OpenPhase | undefined
  /** Resolves when no phase is closing. */
  closed(): Promise<void>
}

export const createPhaseQueue = ({ run, show, endsWell, beforeClose }: PhaseQueueOptions): PhaseQueue => {
  let open: OpenPhase | undefined
  let closing: Promise<void> | undefined
  const waiting: RunEvent[] = []

  const finish = (ok: boolean, at: number): void => {
    if (!open) return
    const { phase, view } = open
    open = undefined
    beforeClose()
    phase.ended = at
    closing = view.close(ok).then(() => {
      closing = undefined
      pump()
    })
  }
  const pump = (): void => {
    while (closing === undefined && waiting.length > 0) {
      const event = waiting[0]!
      // an event that starts something ends the open phase first, and is then handled again
      const well = open && endsWell(event, open.phase)
      if (well !== undefined) finish(well, event.at)
      else {
        waiting.shift()
        show(event)
      }
    }
  }
  return {
    push: (event) => {
      waiting.push(event)
      pump()
    },
    start: (title, hosts, at) => {
      const phase = createPhase(title, hosts, at)
      open = { phase, view: run(phase) }
    },
    finish,
    open: () => open,
    closed: async () => {
      while (closing !== undefined) await closing
    },
  }
}
