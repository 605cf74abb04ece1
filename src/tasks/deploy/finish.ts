import type { Stage } from '../stage.ts'
import { sh } from '../../shell/sh.ts'
import type { Command } from '../../shell/types.ts'
import { STATES_DIR } from '../../values/layout.ts'
import type { CoreDef } from '../barriers.ts'
import type { StepsContext } from '../types.ts'
import { joinCommands } from '../join-commands.ts'
import { oldReleases } from './old-releases.ts'
import { recordLive, removeLeftovers } from './publish.ts'
import { removalHint, removeRelease } from './remove-releases.ts'
import { recordPath } from './release-record.ts'

export const finishTasks = (stage: Stage) =>
  ({
    'deploy:cleanup': {
      task: {
        description: `Remove old releases`,
        on: 'release',
        steps: (c) => {
          const { paths, deploy, layout } = c
          const live = deploy.releasing ? deploy.release : layout.live
          if (live === undefined) return []
          const outdated = oldReleases(layout, live, stage.keepReleases)
          const orphans = (layout.orphans ?? []).filter((name) => name !== live)
          return [
            !deploy.releasing && removeLeftovers(c),
            orphans.length > 0 &&
              sh`rm -f ${orphans.map((name) => recordPath(c, name))}`.title('remove records of releases that are gone').allowFailure(),
            outdated.length > 0 &&
              joinCommands(
                sh`[ -d ${paths.deployTo.join(STATES_DIR)} ] || mkdir -p ${paths.deployTo.join(STATES_DIR)}`,
                removeRelease(c, outdated),
              )
                .title(`remove ${outdated.length} old ${outdated.length === 1 ? 'release' : 'releases'}`)
                .hint(removalHint(stage))
                .allowFailure(),
          ]
        },
      },
    },
    'deploy:log_revision': {
      task: { description: 'Add a line to revisions.log', on: 'release', steps: (c) => [logLine(c)] },
    },
    // after a failure past the switch: log the live release, and record that its run failed
    'deploy:log_switched': {
      task: {
        on: 'release',
        steps: (c) => {
          if (c.failure?.ran('deploy:symlink:release') !== 'done') return []
          return [
            c.failure.ran('deploy:record_good') !== 'no' &&
              recordLive(c, 'doubtful').title(`release ${c.deploy.release} is doubtful`).allowFailure(),
            c.failure.ran('deploy:log_revision') !== 'done' && logLine(c),
          ]
        },
      },
    },
  }) satisfies Record<string, CoreDef>

const logLine = ({ paths, deploy, layout }: StepsContext): Command => {
  const line = deploy.rollback
    ? `${deploy.user} ${layout.live === deploy.release ? 'finished' : 'rolled back to'} release ${deploy.release}`
    : `Branch ${deploy.branch}${deploy.revision === '' ? '' : ` (at ${deploy.revision})`} deployed as release ${deploy.release} by ${deploy.user}`
  return sh`printf '%s\n' ${line} >> ${paths.deployTo.join('revisions.log')}`
    .title('log the revision')
    .allowFailure()
    .hint('the release is live, but revisions.log does not say so')
}
