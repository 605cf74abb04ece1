import type { Stage } from '../../config/types.ts'
import type { HostFacts } from '../../facts/types.ts'
import { sh } from '../../shell/sh.ts'
import type { Command } from '../../shell/types.ts'
import { STATES_DIR } from '../../values/layout.ts'
import type { CoreDef } from '../core.ts'
import type { StepsContext } from '../types.ts'

/**
 * The releases to remove once `live` is live: of the good ones all but the newest `keep`, and every one that was never finished
 * or has failed (this run holds the lock: nobody else is building). Never the live one, nor the one that was live before.
 */
export const outdated = (layout: HostFacts, live: string, keep: number): string[] => {
  const before = layout.current.kind === 'link' ? layout.current.release : undefined
  const good = layout.releases.filter((r) => r.state === 'good' && r.name !== live).map((r) => r.name)
  const kept = new Set([live, ...good.slice(Math.max(0, good.length - (keep - 1)))])
  if (before !== undefined && keep > 1) kept.add(before)
  const oldest = [...kept].sort()[0]!
  // what somebody else left unfinished (no state of ours) may go only with its age
  return layout.releases.filter((r) => !kept.has(r.name) && (r.state === 'good' || r.recorded || r.name < oldest)).map((r) => r.name)
}

export const finishTasks = (stage: Stage) =>
  ({
    'deploy:cleanup': {
      task: {
        description: `Remove old releases`,
        on: 'release',
        steps: ({ paths, deploy, layout }) => {
          const live = deploy.releasing ? deploy.release : layout.current.kind === 'link' ? layout.current.release : undefined
          if (live === undefined) return []
          const old = outdated(layout, live, stage.keepReleases)
          const state = [...old, ...(layout.orphans ?? [])].map((name) => paths.deployTo.join(STATES_DIR, name))
          return [
            old.length > 0 &&
              sh`rm -rf ${old.map((name) => paths.releases.join(name))} ${state}`
                .title(`remove ${old.length} old ${old.length === 1 ? 'release' : 'releases'}`)
                .hint('the new release is live; remove these directories by hand')
                .allowFailure(),
          ]
        },
      },
    },
    'deploy:log_revision': {
      task: { description: 'Add a line to revisions.log', on: 'release', steps: (c) => [logLine(c)] },
    },
    // after a failure past the switch: what is live stands in the log, whatever else went wrong
    'deploy:log_switched': {
      task: {
        on: 'release',
        steps: (c) => [
          c.failure?.ran('deploy:symlink:release') === 'done' && c.failure.ran('deploy:log_revision') !== 'done' && logLine(c),
        ],
      },
    },
  }) satisfies Record<string, CoreDef>

const logLine = ({ paths, deploy }: StepsContext): Command => {
  const line = deploy.rollback
    ? `${deploy.user} rolled back to release ${deploy.release}`
    : `Branch ${deploy.branch}${deploy.revision === '' ? '' : ` (at ${deploy.revision})`} deployed as release ${deploy.release} by ${deploy.user}`
  return sh`printf '%s\n' ${line} >> ${paths.deployTo.join('revisions.log')}`
    .title('log the revision')
    .allowFailure()
    .hint('the release is live; revisions.log does not say so')
}
