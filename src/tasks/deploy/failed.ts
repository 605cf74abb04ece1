import type { Stage } from '../stage.ts'
import { sh } from '../../shell/sh.ts'
import type { CoreDef } from '../barriers.ts'
import type { StepsContext } from '../types.ts'
import { joinCommands } from '../join-commands.ts'
import { undoPrepare } from './publish.ts'
import { removalHint, removeRelease } from './remove-releases.ts'
import { writeRecordOnFullDisk } from './release-record.ts'

/** After a failure before publishing: removes the unfinished release (or keeps it, with keepFailed), and records it as failed. */
export const failedTasks = (stage: Stage) =>
  ({
    'deploy:clean_failed': {
      task: {
        on: 'release',
        steps: (c) => {
          const { deploy, failure } = c
          if (!failure || failure.published) return []
          return [
            failure.ran('deploy:prepare_switch') !== 'no' &&
              undoPrepare(c).title('take back what was written for the switch').allowFailure(),
            ...(deploy.rollback || failure.ran('deploy:new_release_path') === 'no' ? [] : cleanUpUnfinished(stage, c)),
          ]
        },
      },
    },
  }) satisfies Record<string, CoreDef>

const cleanUpUnfinished = (stage: Stage, c: StepsContext) => {
  const { branch, revision, release } = c.deploy
  const mark = writeRecordOnFullDisk(c, release, { state: 'failed', branch, revision })
  if (stage.keepFailed) return [mark.title(`release ${release} is kept, as failed`).allowFailure()]
  return [
    joinCommands(sh`rm -f ${c.paths.deployTo.join('.shipit/archive.tar')}`, removeRelease(c, [release]), mark)
      .title(`remove the unfinished release ${release}`)
      .hint(removalHint(stage))
      .allowFailure(),
  ]
}
