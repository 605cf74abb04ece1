import { age, utc } from './duration.ts'

/** A lock that somebody holds with `shipit STAGE lock`, until it is unlocked. It is a file, and no process holds it. */
export interface Hold {
  /** `anna@laptop` */
  readonly owner: string
  /** seconds since the epoch, the clock of the client that locked; 0 if the file does not say */
  readonly since: number
  readonly reason: string
}

/** How long a reason may be: the file is read up to 2 kB. */
export const LONGEST_REASON = 200

/** The lines of the file. */
export const holdLines = ({ owner, since, reason }: Hold): readonly string[] => [owner, `${Math.floor(since)}`, reason, 'end']

/** Reads the lines of the file, which anybody may have written. */
export const parseHold = ([owner = '', since = '', reason = '']: readonly string[]): Hold => ({
  owner: owner || 'an unknown user',
  since: /^\d{1,12}$/.test(since) ? Number(since) : 0,
  reason: reason === 'end' ? '' : reason,
})

/** Why no run begins where somebody holds the lock. */
export const explainHold = (hold: Hold, now: Date): string => `locked ${describeHold(hold, now)}`

/** Who holds a lock, since when and why: `by anna@laptop since …: moving the database`. */
export const describeHold = ({ owner, since, reason }: Hold, now: Date): string => {
  const began = utc(since * 1000)
  const when = began === undefined ? '' : ` since ${began} (${age(now, new Date(since * 1000))} ago)`
  return `by ${owner}${when}${reason === '' ? '' : `: ${reason}`}`
}
