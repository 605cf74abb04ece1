import type { ReleaseFact } from '../../facts/types.ts'
import type { ReleaseRecord } from '../../facts/record.ts'
import { sh } from '../../shell/sh.ts'
import type { Command } from '../../shell/types.ts'
import { LOCK_RUN_FILE } from '../../values/layout.ts'
import type { Path } from '../../values/path.ts'
import type { CoreDef } from '../barriers.ts'
import type { StepsContext } from '../types.ts'
import { lines } from './lines.ts'
import { draftPath, draftRecord, ofThisRun, placeRecord, recordOf, renameOver, replaced, writeRecordAnyhow } from './state.ts'

const freshLink = ({ paths, deploy }: StepsContext): Path => paths.deployTo.join(`.shipit/current-${deploy.release}`)

/** The release that the switch leaves; undefined if none is live, or if the live one is switched to again. */
const leaving = ({ layout, deploy }: StepsContext): string | undefined => {
  const live = layout.live
  return live === deploy.release ? undefined : live
}

const factOf = ({ layout }: StepsContext, name: string): ReleaseFact | undefined => layout.releases.find((one) => one.name === name)

/** Whether the run goes back. Going forward by name, after a rollback, does not count against the release that it leaves. */
const isBack = ({ deploy }: StepsContext, from: string): boolean => deploy.rollback && deploy.release < from

/** The record of the new live release until its run has ended well. */
const doubtful = (c: StepsContext): ReleaseRecord => {
  const { deploy } = c
  const fact = factOf(c, deploy.release)
  return ofThisRun(c, {
    ...recordOf(fact, 'doubtful'),
    ...(deploy.rollback ? {} : { branch: deploy.branch, revision: deploy.revision }),
    from: leaving(c),
    was: fact?.state ?? 'building',
  })
}

/** Writes what the switch needs room for before any host switches, so that a full disk changes nothing: the link and both records. */
const prepare = (c: StepsContext): Command => {
  const { paths, deploy } = c
  const from = leaving(c)
  const left = from === undefined ? undefined : factOf(c, from)
  const was = left?.state ?? 'unknown'
  const now = from !== undefined && isBack(c, from) ? 'bad' : replaced(was)
  // the record keeps who set the state, unless this run changes it
  const record: ReleaseRecord = now === was ? recordOf(left, now) : ofThisRun(c, { ...recordOf(left, now), was })
  return lines(
    ...(from === undefined ? [] : [draftRecord(c, from, record, now === was ? ['left'] : ['run', 'left'])]),
    draftRecord(c, deploy.release, doubtful(c)),
    sh`rm -f ${freshLink(c)}`,
    sh`ln -s ${paths.release} ${freshLink(c)}`,
  )
}

/**
 * The switch, in one command: checks that this run still has the lock and that `current` is unchanged since the start, puts the records in
 * place, renames its own link over `current` (rename(2) is atomic), and reads it back.
 */
const switchTo = (c: StepsContext): Command => {
  const { paths, deploy, layout } = c
  const from = leaving(c)
  const was =
    layout.currentTarget !== undefined
      ? sh`[ "$(readlink ${paths.current})" = ${layout.currentTarget} ]`
      : sh`[ ! -e ${paths.current} ] && [ ! -L ${paths.current} ]`
  return sh`
[ "$(cat ${paths.deployTo.join(LOCK_RUN_FILE)})" = "$SHIPIT_RUN" ] || { echo 'the lock of this run is gone' >&2; exit 1; }
{ ${was}; } || { echo 'current was changed by somebody else since this run began' >&2; exit 1; }
[ -d ${paths.release} ]
${lines(...(from === undefined ? [] : [placeRecord(c, from)]), placeRecord(c, deploy.release))}
${renameOver(c, freshLink(c), paths.current)}
[ "$(readlink ${paths.current})" = ${paths.release} ]
`
}

/** Removes what `prepare` made, if no switch has used it. */
export const unprepare = (c: StepsContext): Command => {
  const from = leaving(c)
  return sh`rm -f ${[freshLink(c), draftPath(c, c.deploy.release), ...(from === undefined ? [] : [draftPath(c, from)])]}`
}

/** Marks the live release: `doubtful` after a failure, `good` at the end of a run that ended well. */
export const markLive = (c: StepsContext, state: 'good' | 'doubtful'): Command => {
  const { was: _, ...record } = doubtful(c)
  return writeRecordAnyhow(c, c.deploy.release, { ...record, state })
}

/** Removes files that a killed run left in `.shipit`. This run holds the lock, so nobody uses them. */
export const tidy = ({ paths, layout }: StepsContext): Command | false => {
  const left = layout.leftovers ?? []
  return (
    left.length > 0 &&
    sh`rm -f ${left.map((name) => paths.deployTo.join('.shipit', name))}`.title('remove what a run left that was cut off')
  )
}

export const publishTasks = () =>
  ({
    'deploy:prepare_switch': {
      task: {
        on: 'release',
        steps: (c) => [prepare(c).title('write down the switch').hint('is the disk of this host full? (df -h; df -i)')],
      },
    },
    'deploy:symlink:release': {
      barrier: '|live',
      task: {
        description: 'Switch current to the release, in one rename, and read it back',
        on: 'release',
        steps: (c) => [
          switchTo(c).title(`current -> releases/${c.deploy.release}`).hint(`look at ${c.paths.current} on that host before anything else`),
        ],
      },
    },
    'deploy:record_good': {
      task: {
        on: 'release',
        steps: (c) => [
          markLive(c, 'good')
            .title(`release ${c.deploy.release} is good`)
            .allowFailure()
            .hint('the release is live, and counts as doubtful: a rollback goes past it. Is the disk of this host full? (df -h; df -i)'),
        ],
      },
    },
    'deploy:revert_release': {
      task: {
        on: 'release',
        steps: (c) => [
          tidy(c),
          sh`[ -d ${c.paths.release} ]`
            .title(`release ${c.deploy.release} is there`)
            .hint('it was removed since this run began; try again'),
        ],
      },
    },
  }) satisfies Record<string, CoreDef>
