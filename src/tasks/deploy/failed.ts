import type { Stage } from '../../config/types.ts'
import { sh } from '../../shell/sh.ts'
import type { CoreDef } from '../core.ts'
import { lines } from './lines.ts'
import { writeState } from './state.ts'

/** After a failure before publishing: the unfinished release goes (or stays, with keepFailed), and its state says failed. */
export const failedTasks = (stage: Stage) =>
  ({
    'deploy:clean_failed': {
      task: {
        on: 'release',
        steps: ({ paths, deploy, failure }) => {
          if (!failure || failure.published || deploy.rollback || failure.ran('deploy:new_release_path') === 'no') return []
          const mark = writeState(paths, deploy.release, 'failed')
          return [
            (stage.keepFailed ? mark : lines(sh`rm -rf ${paths.release} ${paths.deployTo.join('.shipit/archive.tar')}`, mark))
              .title(stage.keepFailed ? `release ${deploy.release} is kept, as failed` : `remove the unfinished release ${deploy.release}`)
              .allowFailure(),
          ]
        },
      },
    },
  }) satisfies Record<string, CoreDef>
