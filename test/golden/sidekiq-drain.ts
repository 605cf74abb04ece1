/** What Redis says of a process, times in seconds. */
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
  /** when it was told to be quiet; undefined: nobody noted that */
  readonly since?: number
  /** the first beat that was seen to say quiet */
  readonly first?: number
  /** when the waiting began; default 1000 */
  readonly began?: number
  readonly state: 'drained' | 'busy' | 'stale' | 'open' | 'unknown' | 'stopped'
}

const since = 1000

export const decisions: readonly Decision[] = [
  { title: 'G89: a beat of before the signal says nothing', seen: { quiet: false, beat: 998, busy: 2 }, since, state: 'stale' },
  {
    title: 'G89: nor does one that says quiet, but is of the moment of the signal',
    seen: { quiet: true, beat: 1000.5 },
    since,
    state: 'stale',
  },
  { title: 'a fetch may be under way for two seconds more', seen: { quiet: true, beat: 1002.4 }, since, state: 'stale' },
  { title: 'G90: quiet, idle, on a beat of after that', seen: { quiet: true, beat: 1003.5 }, since, state: 'drained' },
  { title: 'G91: quiet, with jobs by its count', seen: { quiet: true, beat: 1003.5, busy: 3 }, since, state: 'busy' },
  { title: 'quiet, with jobs in its list only', seen: { quiet: true, beat: 1003.5, jobs: 1 }, since, state: 'busy' },
  { title: 'it was told, and a late beat says that it fetches: it never heard', seen: { quiet: false, beat: 1004 }, since, state: 'open' },
  { title: 'G92: it lives, and Redis does not know it', seen: null, since, state: 'unknown' },
  { title: 'G93: it is gone, from both', seen: null, alive: false, since, state: 'stopped' },
  { title: 'it is gone, and its entry is still there', seen: { quiet: true, beat: 999, busy: 1 }, alive: false, since, state: 'stopped' },
  { title: 'without a note of the signal, one beat is not enough', seen: { quiet: true, beat: 1004 }, first: 1004, state: 'stale' },
  { title: 'without a note of the signal, a second beat is', seen: { quiet: true, beat: 1009 }, first: 1004, state: 'drained' },
  {
    title: 'a note that is older than the process is of another one',
    seen: { quiet: true, beat: 1009, started: 1005 },
    since,
    first: 1009,
    state: 'stale',
  },
  { title: 'who fetches by a beat of after the question was never told', seen: { quiet: false, beat: 1003 }, state: 'open' },
  { title: 'who was started after the note fetches', seen: { quiet: false, beat: 1013, started: 1005 }, since, began: 1006, state: 'open' },
]

/** G94: seconds that a heartbeat may take, by the version and by the beats that were seen. */
export const heartbeats: readonly { readonly version: string | null; readonly beats: readonly number[]; readonly seconds: number }[] = [
  { version: '6.5.12', beats: [], seconds: 5 },
  { version: '7.0.0', beats: [], seconds: 10 },
  { version: null, beats: [], seconds: 10 },
  { version: null, beats: [100, 105.02], seconds: 6 },
  { version: '7.3.2', beats: [100, 110], seconds: 10 },
]
