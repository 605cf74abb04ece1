import type { Command } from '../shell/types.ts'
import { humanTime } from '../values/duration.ts'
import type { RunState } from './state.ts'

const AGAIN_MS = 60_000

/** Logs what a long step on a host waits for, and again every minute. Returns a function that stops this. */
export const tellWaiting = (state: RunState, host: string, task: string | undefined, { spec: { waiting } }: Command): (() => void) => {
  if (waiting === undefined) return () => {}
  const since = Date.now()
  const tell = () => {
    const message = `still waiting for ${waiting.what}, since ${humanTime(Date.now() - since)}`
    state.emit({ type: 'log', level: 'info', host, ...(task === undefined ? {} : { task }), message })
    timer = setTimeout(tell, AGAIN_MS)
  }
  let timer = setTimeout(tell, waiting.after)
  return () => clearTimeout(timer)
}
