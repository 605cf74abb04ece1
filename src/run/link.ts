import type { Host } from '../inventory/types.ts'
import type { Session } from '../transport/types.ts'
import { EXIT } from '../values/errors.ts'
import { recordFailure, type RunState } from './state.ts'

/** The host is logged in to: from here on this session is its link, and the session's end is the link's. */
export const linkUp = (state: RunState, host: string, session: Session): void => {
  state.links.set(host, { session, lost: undefined })
  void session.lost.then((reason) => linkLost(state, host, session, reason))
}

/** The session has ended. Told once, and only while it is the host's link. */
export const linkLost = (state: RunState, host: string, session: Session, reason: Error): void => {
  const link = state.links.get(host)
  if (link?.session !== session || link.lost) return
  state.links.set(host, { session, lost: reason })
  state.emit({ type: 'host:lost', host, reason: reason.message })
}

/** Why the host cannot be talked to; undefined while it can. */
export const lostOf = (state: RunState, host: string): Error | undefined => state.links.get(host)?.lost

export const sessionOf = (state: RunState, host: string): Session | undefined => state.links.get(host)?.session

export const sessionsOf = (state: RunState): Session[] => [...state.links.values()].map(({ session }) => session)

export const LOST_HINT = 'once the host can be reached again, run the command again: what this run left there does not stand in its way'

/** A connection that went away is a failure of the host, told once. */
export const tellLost = (state: RunState, host: string): void => {
  if (state.failures.some((failure) => failure.host === host)) return
  recordFailure(state, {
    host,
    reason: `the connection was lost: ${lostOf(state, host)?.message ?? 'it was ended'}`,
    output: [],
    hint: LOST_HINT,
    exit: EXIT.unreachable,
  })
}

/** Hosts that can still be talked to. */
export const reachable = (state: RunState, hosts: readonly Host[]): Host[] =>
  hosts.filter((host) => state.links.has(host.name) && !lostOf(state, host.name))
