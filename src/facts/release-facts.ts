import type { ReleaseRecord } from './record.ts'
import type { ReleaseFact, ReleaseState } from './types.ts'

/** A line of revisions.log, oldest first: a deploy of a release, or a rollback to one. */
export interface LogEntry {
  readonly kind: 'deploy' | 'back'
  readonly release: string
  readonly by?: string | undefined
}

/** Lines of `deploy NAME` and `back NAME WHO`. */
export const parseLog = (lines: readonly string[]): LogEntry[] =>
  lines.flatMap((line): LogEntry[] => {
    const [, kind, release, by] = /^(deploy|back) (\d{14})(?: (.*))?$/.exec(line) ?? []
    return release === undefined ? [] : [{ kind: kind as LogEntry['kind'], release, by }]
  })

export interface ReleaseSources {
  /** the directories in releases, and the REVISION in each; `none`: the file is missing or empty */
  readonly found: readonly { readonly name: string; readonly revision: string | undefined; readonly none?: boolean }[]
  /** by name; undefined: the record cannot be read */
  readonly records: ReadonlyMap<string, ReleaseRecord | undefined>
  readonly live: string | undefined
  readonly log: readonly LogEntry[]
}

/** The state of each release, oldest first: from its record, or from revisions.log if it has none. */
export const releasesOf = ({ found, records, live, log }: ReleaseSources): ReleaseFact[] => {
  const logged = readLog(log)
  const undone = undoneSwitch(records, live)
  // a stage that never writes REVISION lacks it in every release
  const writes = found.some(({ name, none }) => none !== true && records.get(name)?.revision !== undefined)
  return found
    .map(({ name, revision, none }): ReleaseFact => {
      const record = records.get(name)
      if (!record) {
        const loggedState = logged.states.get(name)
        const damaged = records.has(name)
        if (damaged) return { name, state: 'unknown', recorded: false, damaged, revision }
        return { name, state: loggedState?.state ?? 'unknown', recorded: false, revision, by: loggedState?.by }
      }
      const { branch, application, stage, by, at, run, from } = record
      const fact = { name, recorded: true, revision: revision ?? record.revision, branch, application, stage, by, at, run, from }
      const isEmptied = writes && none === true && record.revision !== undefined
      const as = (state: ReleaseState): ReleaseFact => ({ ...fact, state, ...(isEmptied && ENDED.has(state) ? { emptied: true } : {}) })
      const before = undone(name, record, logged.deployed)
      if (before !== undefined) return { ...as(before), recorded: before !== 'unknown' }
      // Capistrano rolled back from it, and wrote that only to the log
      if (
        record.state === 'good' &&
        logged.left?.release === name &&
        logged.left.to === live &&
        !wasRollbackTarget(records.get(live), live)
      )
        return { ...as('bad'), by: logged.left.by, at: undefined, run: undefined }
      return as(record.state)
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The states of a release whose REVISION was written. */
const ENDED: ReadonlySet<ReleaseState> = new Set(['good', 'doubtful', 'bad'])

/** Whether shipit itself rolled back to this release. Then the release that it left has its own record of that. */
const wasRollbackTarget = (record: ReleaseRecord | undefined, name: string): boolean => record?.from !== undefined && record.from > name

/**
 * A switch is recorded before it is made. If the release that it was to leave is still live, or none is live, it was not made: the records
 * written for it count with their previous state. Returns that state, or undefined if the record counts as it is.
 */
const undoneSwitch = (records: ReleaseSources['records'], live: string | undefined) => {
  const run = live === undefined ? undefined : records.get(live)?.left
  return (name: string, record: ReleaseRecord, deployed: ReadonlySet<string>): ReleaseState | undefined => {
    if (record.was === undefined) return undefined
    if (name === live) return run !== undefined && record.run === run ? record.was : undefined
    if (record.state !== 'doubtful' || (record.was === 'building' && deployed.has(name))) return undefined
    return live === undefined || (run !== undefined && record.run === run) ? record.was : undefined
  }
}

interface LoggedState {
  readonly state: 'good' | 'bad'
  readonly by?: string | undefined
}

/** The states of releases by revisions.log. `left`: the release that a rollback in its last line left, and the one it went to. */
const readLog = (log: readonly LogEntry[]) => {
  const states = new Map<string, LoggedState>()
  const deployed = new Set<string>()
  let live: string | undefined
  let left: { release: string; to: string; by: string | undefined } | undefined
  for (const { kind, release, by } of log) {
    left = undefined
    if (kind === 'deploy') deployed.add(release)
    else if (live !== undefined && live > release) {
      states.set(live, { state: 'bad', by })
      left = { release: live, to: release, by }
    }
    states.set(release, { state: 'good', by })
    live = release
  }
  return { states, deployed, left }
}
