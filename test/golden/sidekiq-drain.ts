/** Redis' data about a process, with times in seconds. */
export interface Seen {
  readonly quiet: boolean
  readonly beat: number
  readonly busy?: number
  readonly jobs?: number
  readonly started?: number
}

export interface Decision {
  readonly title: string
  /** null: Redis does not know it */
  readonly seen: Seen | null
  readonly alive?: boolean
  /** when it was quieted; undefined: not recorded */
  readonly since?: number
  /** the first quiet beat that was seen */
  readonly first?: number
  /** when the waiting began; default 1000 */
  readonly began?: number
  readonly state: 'drained' | 'busy' | 'stale' | 'fetching' | 'unknown' | 'stopped'
}

const since = 1000

export const decisions: readonly Decision[] = [
  { title: 'G89: a beat from before the signal decides nothing', seen: { quiet: false, beat: 998, busy: 2 }, since, state: 'stale' },
  {
    title: 'G89: a quiet beat from the moment of the signal decides nothing',
    seen: { quiet: true, beat: 1000.5 },
    since,
    state: 'stale',
  },
  { title: 'a fetch may still run for two seconds', seen: { quiet: true, beat: 1002.4 }, since, state: 'stale' },
  { title: 'G90: a quiet, idle process with a later beat is drained', seen: { quiet: true, beat: 1003.5 }, since, state: 'drained' },
  { title: 'G91: a quiet process with jobs in its count is busy', seen: { quiet: true, beat: 1003.5, busy: 3 }, since, state: 'busy' },
  { title: 'a quiet process with jobs only in its list is busy', seen: { quiet: true, beat: 1003.5, jobs: 1 }, since, state: 'busy' },
  { title: 'a process that fetches on a late beat was not quieted', seen: { quiet: false, beat: 1004 }, since, state: 'fetching' },
  { title: 'G92: a living process is unknown to Redis', seen: null, since, state: 'unknown' },
  { title: 'G93: a process is gone, and so is its entry', seen: null, alive: false, since, state: 'stopped' },
  { title: 'a process is gone, and its entry is not', seen: { quiet: true, beat: 999, busy: 1 }, alive: false, since, state: 'stopped' },
  { title: 'one beat is not enough without a record of the signal', seen: { quiet: true, beat: 1004 }, first: 1004, state: 'stale' },
  { title: 'a second beat is enough without a record of the signal', seen: { quiet: true, beat: 1009 }, first: 1004, state: 'drained' },
  {
    title: 'a record older than the process belongs to another process',
    seen: { quiet: true, beat: 1009, started: 1005 },
    since,
    first: 1009,
    state: 'stale',
  },
  { title: 'a process that fetches on a beat after the question was never quieted', seen: { quiet: false, beat: 1003 }, state: 'fetching' },
  { title: 'a new process fetches', seen: { quiet: false, beat: 1013, started: 1005 }, since, began: 1006, state: 'fetching' },
]

/** G94: seconds that a heartbeat may take, by the version and by the beats that were seen. */
export const heartbeats: readonly { readonly version: string | null; readonly beats: readonly number[]; readonly seconds: number }[] = [
  { version: '6.5.12', beats: [], seconds: 5 },
  { version: '7.0.0', beats: [], seconds: 10 },
  { version: null, beats: [], seconds: 10 },
  { version: null, beats: [100, 105.02], seconds: 6 },
  { version: '7.3.2', beats: [100, 110], seconds: 10 },
]
