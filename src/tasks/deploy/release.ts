import { dirname } from 'node:path/posix'
import type { Stage } from '../stage.ts'
import { sh } from '../../shell/sh.ts'
import type { Command } from '../../shell/types.ts'
import type { CoreDef } from '../barriers.ts'
import { inside } from '../inside.ts'
import type { StepsContext } from '../types.ts'
import { updatesMirror } from './git/replaced-tasks.ts'
import { hasCommit } from './git/transfer.ts'
import { joinCommands } from '../join-commands.ts'
import { removeLeftovers } from './publish.ts'
import { writeRecord } from './release-record.ts'

/** The directory of the new release, its REVISION files, and the links into shared. */
export const releaseTasks = (stage: Stage) =>
  ({
    'deploy:new_release_path': {
      task: {
        description: 'Make the directory of the new release',
        on: 'release',
        // without -p: a release of this name must not exist
        steps: (c) => {
          const { branch, revision, release } = c.deploy
          return [
            removeLeftovers(c),
            joinCommands(writeRecord(c, release, { state: 'building', branch, revision }), sh`mkdir ${c.paths.release}`).title(
              `new release ${release}`,
            ),
          ]
        },
      },
    },
    'deploy:set_current_revision': {
      task: {
        description: 'Write REVISION',
        on: 'release',
        // '': tasks of the config bring the code, and name no commit
        steps: (c) => [
          c.deploy.revision !== '' && writeInRelease(c, 'REVISION', sh`echo ${c.deploy.revision} > ${c.paths.release}/REVISION`),
        ],
      },
    },
    'deploy:set_current_revision_time': {
      task: {
        description: 'Write REVISION_TIME',
        on: 'release',
        steps: (c) => {
          if (c.deploy.revision === '') return []
          const time = writeInRelease(
            c,
            'REVISION_TIME',
            sh`git --git-dir ${c.paths.repo} log --no-walk --no-show-signature --format=%ct ${c.deploy.revision} > ${c.paths.release}/REVISION_TIME`,
          )
          return [updatesMirror(stage) ? time : time.onlyIf(hasCommit(c))]
        },
      },
    },
    'deploy:symlink:linked_files': {
      task: {
        description: 'Link the linked files into the release',
        on: 'release',
        steps: (c) => linkSteps(c, stage.linkedFiles, 'linkedFiles'),
      },
    },
    'deploy:symlink:linked_dirs': {
      task: {
        description: 'Link the linked directories into the release',
        on: 'release',
        steps: (c) => linkSteps(c, stage.linkedDirs, 'linkedDirs'),
      },
    },
  }) satisfies Record<string, CoreDef>

/** Writes one of the files that shipit adds to those of the repository. */
const writeInRelease = (c: StepsContext, name: string, command: Command): Command =>
  inside(c, [{ path: name, how: 'write', why: 'and shipit writes its own there' }], command.title(`write ${name}`))

/**
 * The links replace whatever the repository has in their place, as in Capistrano. They are absolute, and made in one step. Nothing is
 * linked yet, so there must be no link at all on the way.
 */
const linkSteps = (c: StepsContext, names: readonly string[], setting: 'linkedFiles' | 'linkedDirs'): readonly Command[] => {
  if (names.length === 0) return []
  const { paths } = c
  const parents = [...new Set(names.map((name) => dirname(name)).filter((dir) => dir !== '.'))]
  const commands = [
    ...(parents.length > 0 ? [sh`mkdir -p ${parents.map((dir) => paths.release.join(dir))}`] : []),
    sh`
taken=
for file in ${names.map((name) => paths.release.join(name))}; do
  if [ -e "$file" ] || [ -L "$file" ]; then taken=1; fi
done
[ -z "$taken" ] || rm -rf ${names.map((name) => paths.release.join(name))}`,
    ...names.map((name) => sh`ln -s ${paths.shared.join(name)} ${paths.release.join(name)}`),
  ]
  const [one, many] = setting === 'linkedFiles' ? ['file', 'files'] : ['directory', 'directories']
  return [
    inside(
      { ...c, linkedFiles: [], linkedDirs: [] },
      names.map((name) => ({ path: name, why: `and ${setting} has ${name}` })),
      joinCommands(...commands).title(names.length === 1 ? `link a ${one}` : `link ${names.length} ${many}`),
    ),
  ]
}
