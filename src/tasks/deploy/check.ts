import { dirname } from 'node:path/posix'
import type { Stage } from '../../config/types.ts'
import { sh } from '../../shell/sh.ts'
import type { Failed } from '../../shell/types.ts'
import type { CoreDef } from '../core.ts'

/** Of a `mkdir -p` that failed. */
const inTheWay = ({ stderr }: Failed): string | undefined =>
  /File exists|Not a directory/i.test(stderr)
    ? 'what stands there is not a directory: move it away, or take it out of linkedDirs'
    : undefined

/** `deploy:check:*`: makes the (empty) directories and looks for the linked files, all of them on every host. */
export const checkTasks = (stage: Stage) =>
  ({
    'deploy:check:directories': {
      task: {
        description: 'Make the directories of a deploy',
        on: 'release',
        steps: ({ paths }) => [
          sh`mkdir -p ${[paths.shared, paths.releases, paths.deployTo.join('.shipit/releases')]}`
            .title('make the directories')
            .hint(`make ${paths.deployTo} once, owned by the user who deploys: sudo install -d -o USER ${paths.deployTo}`),
        ],
      },
    },
    'deploy:check:linked_dirs': {
      task: {
        description: 'Make the linked directories in shared',
        on: 'release',
        steps: ({ paths }) => [
          stage.linkedDirs.length > 0 &&
            sh`mkdir -p ${stage.linkedDirs.map((dir) => paths.shared.join(dir))}`.title('make the linked directories').hint(inTheWay),
        ],
      },
    },
    'deploy:check:make_linked_dirs': {
      task: {
        description: 'Make the directories of the linked files in shared',
        on: 'release',
        steps: ({ paths }) => {
          const parents = [...new Set(stage.linkedFiles.map((file) => dirname(file)).filter((dir) => dir !== '.'))]
          return [
            parents.length > 0 &&
              sh`mkdir -p ${parents.map((dir) => paths.shared.join(dir))}`.title('make the directories of linked files').hint(inTheWay),
          ]
        },
      },
    },
    'deploy:check:linked_files': {
      task: {
        description: 'Check that the linked files are in shared',
        on: 'release',
        when: ({ deploy }) => !deploy.rollback,
        steps: ({ paths }) => [
          stage.linkedFiles.length > 0 &&
            sh`
missing=
for file in ${stage.linkedFiles.map((file) => paths.shared.join(file))}; do
  [ -f "$file" ] && continue
  missing=1
  if [ -L "$file" ]; then what='is a link to nothing'; elif [ -e "$file" ]; then what='is not a file'; else what='is missing'; fi
  echo "linked file $file $what" >&2
done
[ -z "$missing" ]
`
              .title('look for the linked files')
              .hint(`put the missing files into ${paths.shared} on that host; they are made by hand, once`),
        ],
      },
    },
  }) satisfies Record<string, CoreDef>
