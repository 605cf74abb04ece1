import { lastRetry, retryText } from '../shell/attempts.ts'
import { display } from '../shell/display.ts'
import type { Command } from '../shell/types.ts'
import { humanTime } from '../values/duration.ts'
import type { RunState } from './state.ts'

const AGAIN_MS = 60_000

/** How long a step may be tried again before its wait is mentioned. */
const RETRY_MS = 10_000

/** Logs what a long step on a host waits for, and again every minute. Returns a function that stops this. */
export const reportWaiting = (state: RunState, host: string, task: string | undefined, command: Command): (() => void) => {
  const waiting = waitOf(command)
  if (waiting === undefined) return () => {}
  const since = Date.now()
  const report = () => {
    const message = `${waiting.what}, since ${humanTime(Date.now() - since)}`
    state.emit({ type: 'log', level: 'info', host, ...(task === undefined ? {} : { task }), message })
    timer = setTimeout(report, AGAIN_MS)
  }
  let timer = setTimeout(report, waiting.after)
  return () => clearTimeout(timer)
}

const waitOf = (command: Command): { readonly what: string; readonly after: number } | undefined => {
  const { waiting, title } = command.spec
  if (waiting !== undefined) return { what: `still waiting for ${waiting.what}`, after: waiting.after }
  const retry = lastRetry(command)
  return retry && { what: `still trying ${retryText(retry)}: ${title ?? display(command)}`, after: RETRY_MS }
}
