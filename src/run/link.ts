import type { Session } from '../transport/types.ts'
import type { RunState } from './state.ts'

/**
 * A run's way to one host: up until its session ends, then lost, with the reason. Logging in again puts a new link in its place, so that
 * a late event of the old session changes nothing.
 */
export interface Link {
  readonly session: Session
  readonly lost: Error | undefined
}

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
