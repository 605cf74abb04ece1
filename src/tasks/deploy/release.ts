import { dirname } from 'node:path/posix'
import type { Stage } from '../../config/types.ts'
import { sh } from '../../shell/sh.ts'
import type { CoreDef } from '../core.ts'
import { lines } from './lines.ts'
import { writeState } from './state.ts'

/** The new release's directory, its REVISION files, and the links into shared. */
export const releaseTasks = (stage: Stage) =>
  ({
    'deploy:new_release_path': {
      task: {
        description: 'Make the directory of the new release',
        on: 'release',
        // without -p: a release of this name must not be there
        steps: ({ paths, deploy }) => [
          lines(writeState(paths, deploy.release, 'building'), sh`mkdir ${paths.release}`).title(`new release ${deploy.release}`),
        ],
      },
    },
    'deploy:set_current_revision': {
      task: {
        description: 'Write REVISION',
        on: 'release',
        steps: ({ paths, deploy }) => [sh`echo ${deploy.revision} > ${paths.release}/REVISION`.title('write REVISION')],
      },
    },
    'deploy:set_current_revision_time': {
      task: {
        description: 'Write REVISION_TIME',
        on: 'release',
        steps: ({ paths, deploy }) => [
          sh`git --git-dir ${paths.repo} log -1 --no-show-signature --format=%ct ${deploy.revision} > ${paths.release}/REVISION_TIME`.title(
            'write REVISION_TIME',
          ),
        ],
      },
    },
    'deploy:symlink:linked_files': {
      task: {
        description: 'Link the linked files into the release',
        on: 'release',
        steps: ({ paths }) => linkSteps(paths, stage.linkedFiles, 'files', 'file'),
      },
    },
    'deploy:symlink:linked_dirs': {
      task: {
        description: 'Link the linked directories into the release',
        on: 'release',
        steps: ({ paths }) => linkSteps(paths, stage.linkedDirs, 'directories', 'directory'),
      },
    },
  }) satisfies Record<string, CoreDef>

type Paths = Parameters<typeof writeState>[0]

/** What the repository has in its place gives way, as in Capistrano; the links are absolute. One step, however many there are. */
const linkSteps = (paths: Paths, names: readonly string[], what: string, one: string) => {
  if (names.length === 0) return []
  const parents = [...new Set(names.map((name) => dirname(name)).filter((dir) => dir !== '.'))]
  const all = [
    ...(parents.length > 0 ? [sh`mkdir -p ${parents.map((dir) => paths.release.join(dir))}`] : []),
    sh`rm -rf ${names.map((name) => paths.release.join(name))}`,
    ...names.map((name) => sh`ln -s ${paths.shared.join(name)} ${paths.release.join(name)}`),
  ]
  return [lines(...all).title(names.length === 1 ? `link a ${one}` : `link ${names.length} ${what}`)]
}
