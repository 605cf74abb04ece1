import type { ReleaseFact } from '../../facts/types.ts'
import type { ReleaseRecord } from '../../facts/record.ts'
import { sh } from '../../shell/sh.ts'
import type { Command } from '../../shell/types.ts'
import { LOCK_RUN_FILE } from '../../values/layout.ts'
import type { Path } from '../../values/path.ts'
import type { CoreDef } from '../barriers.ts'
import type { StepsContext } from '../types.ts'
import { clear, draftPath, draftRecord, placeRecord, readClock, recordOf, renameOver } from './release-record.ts'
import { joinCommands } from '../join-commands.ts'
import { withRun, stateOnceReplaced, writeRecordOnFullDisk } from './release-record.ts'

const freshLink = ({ paths, deploy }: StepsContext): Path => paths.deployTo.join(`.shipit/current-${deploy.release}`)

/** The release that the switch leaves; undefined if none is live, or if the live one is switched to again. */
const replacedRelease = ({ layout, deploy }: StepsContext): string | undefined => {
  const live = layout.live
  return live === deploy.release ? undefined : live
}

const factOf = ({ layout }: StepsContext, name: string): ReleaseFact | undefined => layout.releases.find((one) => one.name === name)

/** Whether the run goes back. Going forward by name, after a rollback, does not count against the release that it leaves. */
const isRollbackFrom = ({ deploy }: StepsContext, from: string): boolean => deploy.rollback && deploy.release < from

/** The record of the new live release until its run has ended well. */
const doubtfulRecord = (c: StepsContext): ReleaseRecord => {
  const { deploy } = c
  const fact = factOf(c, deploy.release)
  return withRun(c, {
    ...recordOf(fact, 'doubtful'),
    ...(deploy.rollback ? {} : { branch: deploy.branch, revision: deploy.revision }),
    from: replacedRelease(c),
    was: fact?.state ?? 'building',
  })
}

/** Writes what the switch needs room for before any host switches, so that a full disk changes nothing: the link and both records. */
const prepareSwitch = (c: StepsContext): Command => {
  const { paths, deploy } = c
  const from = replacedRelease(c)
  const previous = from === undefined ? undefined : factOf(c, from)
  const was = previous?.state ?? 'unknown'
  const now = from !== undefined && isRollbackFrom(c, from) ? 'bad' : stateOnceReplaced(was)
  // the record keeps who set the state, unless this run changes it
  const record: ReleaseRecord = now === was ? recordOf(previous, now) : withRun(c, { ...recordOf(previous, now), was })
  return joinCommands(
    readClock(),
    ...(from === undefined ? [] : [draftRecord(c, from, record, { ids: now === was ? ['left'] : ['run', 'left'], clockRead: true })]),
    draftRecord(c, deploy.release, doubtfulRecord(c), { clockRead: true }),
    clear(freshLink(c)),
    sh`ln -s ${paths.release} ${freshLink(c)}`,
  )
}

/**
 * The switch, in one command: checks that this run still has the lock and that `current` is unchanged since the start, puts the records in
 * place, renames its own link over `current` (rename(2) is atomic), and reads it back: it is a link, and leads to the release.
 */
const switchCurrent = (c: StepsContext): Command => {
  const { paths, deploy, layout } = c
  const from = replacedRelease(c)
  const was =
    layout.currentTarget !== undefined
      ? sh`[ "$(readlink ${paths.current})" = ${layout.currentTarget} ]`
      : sh`[ ! -e ${paths.current} ] && [ ! -L ${paths.current} ]`
  return sh`
run=
{ IFS= read -r run <${paths.deployTo.join(LOCK_RUN_FILE)}; } 2>/dev/null || :
[ "$run" = "$SHIPIT_RUN" ] || { echo 'the lock of this run is gone' >&2; exit 1; }
{ ${was}; } || { echo 'current was changed by another program since this run began' >&2; exit 1; }
[ -d ${paths.release} ]
${joinCommands(...(from === undefined ? [] : [placeRecord(c, from)]), placeRecord(c, deploy.release))}
${renameOver(c, freshLink(c), paths.current)}
[ -L ${paths.current} ]
[ ${paths.current} -ef ${paths.release} ]
`
}

/** Removes what `prepare` made, if no switch has used it. */
export const undoPrepare = (c: StepsContext): Command => {
  const from = replacedRelease(c)
  return sh`rm -f ${[freshLink(c), draftPath(c, c.deploy.release), ...(from === undefined ? [] : [draftPath(c, from)])]}`
}

/** Marks the live release: `doubtful` after a failure, `good` at the end of a run that ended well. */
export const recordLive = (c: StepsContext, state: 'good' | 'doubtful'): Command => {
  const { was: _, ...record } = doubtfulRecord(c)
  return writeRecordOnFullDisk(c, c.deploy.release, { ...record, state })
}

/** Removes files that a killed run left in `.shipit`. This run holds the lock, so no other run uses them. */
export const removeLeftovers = ({ paths, layout }: StepsContext): Command | false => {
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
        steps: (c) => [
          prepareSwitch(c)
            .title('write down the switch')
            .hint(`is the disk of this host full? (df -h; df -i) Old releases make room: ${c.shipit('deploy:cleanup')}`),
        ],
      },
    },
    'deploy:symlink:release': {
      barrier: '|live',
      task: {
        description: 'Switch current to the release, in one rename, and read it back',
        on: 'release',
        steps: (c) => [
          switchCurrent(c)
            .title(`current -> releases/${c.deploy.release}`)
            .hint(`look at ${c.paths.current} on that host before you do anything else`),
        ],
      },
    },
    'deploy:record_good': {
      task: {
        on: 'release',
        steps: (c) => [
          recordLive(c, 'good')
            .title(`release ${c.deploy.release} is good`)
            .allowFailure()
            .hint('the release is live, but counts as doubtful: a rollback skips it. Is the disk of this host full? (df -h; df -i)'),
        ],
      },
    },
    'deploy:revert_release': {
      task: {
        on: 'release',
        steps: (c) => [
          removeLeftovers(c),
          sh`[ -d ${c.paths.release} ]`
            .title(`release ${c.deploy.release} is there`)
            .hint('it was removed since this run began; try again'),
        ],
      },
    },
  }) satisfies Record<string, CoreDef>
