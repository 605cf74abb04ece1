import { sh } from '../../shell/sh.ts'
import type { Command } from '../../shell/types.ts'
import { LOCK_RUN_FILE } from '../../values/layout.ts'
import type { CoreDef } from '../core.ts'
import type { StepsContext } from '../types.ts'
import { statePath } from './state.ts'

/**
 * The switch: one command that makes sure that the lock is still this run's and `current` still what was read at the start,
 * renames a link of its own name over `current` (rename(2) is atomic), reads it back, and records the release as good: with a file
 * that is written before, so that a full disk is noticed while nothing has changed.
 */
const switchTo = ({ paths, deploy, layout }: StepsContext): Command => {
  const fresh = paths.deployTo.join(`.shipit/current-${deploy.release}`)
  const good = paths.deployTo.join(`.shipit/good-${deploy.release}`)
  const was =
    layout.current.kind === 'link'
      ? sh`[ "$(readlink ${paths.current})" = ${layout.current.target} ]`
      : sh`[ ! -e ${paths.current} ] && [ ! -L ${paths.current} ]`
  // GNU and busybox: without -T a link to a directory would be followed; elsewhere -h says the same
  const rename = layout.mvT ? sh`mv -T ${fresh} ${paths.current}` : sh`mv -fh ${fresh} ${paths.current}`
  return sh`
[ "$(cat ${paths.deployTo.join(LOCK_RUN_FILE)})" = "$SHIPIT_RUN" ] || { echo 'the lock of this run is gone' >&2; exit 1; }
{ ${was}; } || { echo 'current was changed by somebody else since this run began' >&2; exit 1; }
[ -d ${paths.release} ]
rm -f ${fresh}
ln -s ${paths.release} ${fresh}
echo good > ${good}
${rename}
[ "$(readlink ${paths.current})" = ${paths.release} ]
mv -f ${good} ${statePath(paths, deploy.release)}
`
}

export const publishTasks = () =>
  ({
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
    'deploy:revert_release': {
      task: {
        on: 'release',
        steps: ({ paths, deploy }) => [
          sh`[ -d ${paths.release} ]`.title(`release ${deploy.release} is there`).hint('it was removed since this run began; try again'),
        ],
      },
    },
  }) satisfies Record<string, CoreDef>
