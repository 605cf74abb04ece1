import { recordLines, type ReleaseRecord } from '../../facts/record.ts'
import type { ReleaseFact, ReleaseState } from '../../facts/types.ts'
import { sh } from '../../shell/sh.ts'
import type { Command } from '../../shell/types.ts'
import { STATES_DIR } from '../../values/layout.ts'
import type { Path } from '../../values/path.ts'
import type { StepsContext } from '../types.ts'
import { joinCommands } from '../join-commands.ts'

type Context = Pick<StepsContext, 'paths' | 'deploy' | 'layout' | 'application' | 'stage'>

/** The file with the record of a release. */
export const recordPath = ({ paths }: Pick<Context, 'paths'>, release: string): Path => paths.deployTo.join(STATES_DIR, release)

/** The draft of a record: written in full, then renamed into place. */
export const draftPath = ({ paths }: Pick<Context, 'paths'>, release: string): Path => paths.deployTo.join(`.shipit/record-${release}`)

/** Renames over a file or a link, never into a folder that it leads to: -T in GNU and busybox; elsewhere, -h does the same. */
export const renameOver = ({ layout }: Pick<Context, 'layout'>, from: Path, to: Path): Command =>
  layout.mvT ? sh`mv -fT ${from} ${to}` : sh`mv -fh ${from} ${to}`

/** The record of a release, from what is known about it. */
export const recordOf = (fact: ReleaseFact | undefined, state: ReleaseRecord['state']): ReleaseRecord => {
  const { revision, branch, application, stage, by, at, run, from } = fact ?? ({} as Partial<ReleaseFact>)
  return { state, revision, branch, application, stage, by, at, run, from }
}

/** A record of this run, with its user, application and stage. The time and the run's id are known only when it is written. */
export const withRun = (
  { deploy, application, stage }: Pick<Context, 'deploy' | 'application' | 'stage'>,
  record: ReleaseRecord,
): ReleaseRecord => ({
  ...record,
  application,
  stage,
  by: deploy.user,
  at: undefined,
  run: undefined,
})

/** Sets `now` to the time by the host's clock, for several drafts that one command writes. */
export const readClock = (): Command => sh`now=$(date -u +%Y-%m-%dT%H:%M:%SZ)`

/**
 * Writes the draft of a record in one command, so that a disk that fills up makes that command fail. `ids`: the lines that hold this run's
 * id; `run` adds the time, by the host's clock, or that of {@link readClock}.
 */
export const draftRecord = (
  c: Context,
  release: string,
  record: ReleaseRecord,
  { ids = ['run'], clockRead = false }: { readonly ids?: readonly ('run' | 'left')[]; readonly clockRead?: boolean } = {},
): Command => {
  const draft = draftPath(c, release)
  const now = clockRead ? sh`"at $now" "run $SHIPIT_RUN"` : sh`"at $(date -u +%Y-%m-%dT%H:%M:%SZ)" "run $SHIPIT_RUN"`
  const left = sh`"left $SHIPIT_RUN"`
  const runLines = ids.includes('run') ? (ids.includes('left') ? sh`${now} ${left}` : now) : left
  return sh`
${clear(draft)}
printf '%s\n' ${recordLines(record)} ${runLines} > ${draft}
`
}

/** Removes a file or a link that a killed run may have left. Nearly always there is none, and then no process is started. */
export const clear = (file: Path): Command => sh`if [ -e ${file} ] || [ -L ${file} ]; then rm -f ${file}; fi`

/** Puts the draft in place, in one rename. */
export const placeRecord = (c: Context, release: string): Command => renameOver(c, draftPath(c, release), recordPath(c, release))

/** Writes a record of this run. */
export const writeRecord = (c: Context, release: string, record: ReleaseRecord): Command =>
  joinCommands(draftRecord(c, release, withRun(c, record)), placeRecord(c, release))

/**
 * The same, even if the disk is full: then the first line of the existing record is overwritten in place, which takes no room. What is left
 * of a longer first line is never read.
 */
export const writeRecordOnFullDisk = (c: Context, release: string, record: ReleaseRecord): Command => {
  const file = recordPath(c, release)
  return sh`
record() { ${draftRecord(c, release, withRun(c, record))} && ${placeRecord(c, release)}; }
record 2>/dev/null || output=$(record 2>&1) || {
  rm -f ${draftPath(c, release)}
  { [ -f ${file} ] && [ ! -L ${file} ] && printf '%s\n' ${record.state} 1<> ${file}; } 2>/dev/null || { printf '%s\n' "$output" >&2; false; }
}
`
}

/**
 * The state of a release once a switch replaces it: `good` if it was unknown or bad, otherwise unchanged. A release that served was
 * complete.
 */
export const stateOnceReplaced = (state: ReleaseState): ReleaseRecord['state'] => (state === 'unknown' || state === 'bad' ? 'good' : state)
