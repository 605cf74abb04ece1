import type { Host } from '../inventory/types.ts'
import type { Session } from '../transport/types.ts'
import { EXIT } from '../values/errors.ts'
import { recordFailure, type RunState } from './state.ts'

/** Makes this session the link to its host; the link is lost when the session ends. */
export const linkUp = (state: RunState, host: string, session: Session): void => {
  state.links.set(host, { session, lost: undefined })
  void session.lost.then((reason) => linkLost(state, host, session, reason))
}

/** Marks the host as lost. Reported once, and only while the session is the link to its host. */
export const linkLost = (state: RunState, host: string, session: Session, reason: Error): void => {
  const link = state.links.get(host)
  if (link?.session !== session || link.lost) return
  state.links.set(host, { session, lost: reason })
  state.emit({ type: 'host:lost', host, reason: reason.message })
}

/** Why the connection to the host was lost; undefined while it is up. */
export const lostOf = (state: RunState, host: string): Error | undefined => state.links.get(host)?.lost

export const sessionOf = (state: RunState, host: string): Session | undefined => state.links.get(host)?.session

export const sessionsOf = (state: RunState): Session[] => [...state.links.values()].map(({ session }) => session)

export const LOST_HINT = 'when the host can be reached again, run the command again: what this run left there is not in the way'

/** Records a lost connection as a failure of the host, unless it has one already. */
export const reportLost = (state: RunState, host: string): void => {
  if (state.failures.some((failure) => failure.host === host)) return
  recordFailure(state, {
    host,
    reason: `the connection was lost: ${lostOf(state, host)?.message ?? 'it was ended'}`,
    output: [],
    hint: LOST_HINT,
    exit: EXIT.unreachable,
  })
}

/** Warns about lost hosts of which no failure speaks, because code has handled it: a run does not end well without a word about them. */
export const warnOfLost = (state: RunState): void => {
  for (const [host, { lost }] of state.links)
    if (lost && !state.failures.some((failure) => failure.host === host))
      state.emit({ type: 'log', level: 'warn', host, message: `the connection was lost: ${lost.message}` })
}

/** Hosts that are still connected. */
export const reachable = (state: RunState, hosts: readonly Host[]): Host[] =>
  hosts.filter((host) => state.links.has(host.name) && !lostOf(state, host.name))
