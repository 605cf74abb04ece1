import { dirname } from 'node:path/posix'
import type { Stage } from '../stage.ts'
import { bin, toText } from '../../shell/bytes.ts'
import { placeRemedy } from '../../shell/place-remedy.ts'
import { quoteBin } from '../../shell/quote.ts'
import { sh } from '../../shell/sh.ts'
import type { Command, Failed } from '../../shell/types.ts'
import type { Path } from '../../values/path.ts'
import type { CoreDef } from '../barriers.ts'
import type { Paths } from '../types.ts'
import { lookForFiles } from './linked-files.ts'

/** The hint for a directory in shared that cannot be made or used. */
const inTheWay = ({ stderr }: Failed): string | undefined =>
  /File exists|Not a directory|Too many levels|link loop/i.test(stderr)
    ? 'what is there is not a directory, or is a link that leads nowhere: move it away, or take it out of the linked files and directories'
    : /leads into a release/.test(stderr)
      ? 'see where it leads: readlink -f, on that host. A link in shared has to lead out of the releases'
      : undefined

/** Makes directories in shared. Refuses one that leads into a release: once that release links to shared, it would lead to itself. */
const makeDirs = (dirs: readonly string[], { shared, releases }: Pick<Paths, 'shared' | 'releases'>): Command => sh`
mkdir -p ${dirs.map((dir) => shared.join(dir))}
releases=$(cd ${releases} 2>/dev/null && pwd -P) || releases=none
circle=
for dir in ${dirs.map((dir) => shared.join(dir))}; do
  case $(cd "$dir" && pwd -P)/ in ("$releases"/*) printf '%s leads into a release, and would lead to itself once that is live\n' "$dir" >&2; circle=1 ;; esac
done
[ -z "$circle" ]
`

const mayWrite = (stderr: string, user: string, deployTo: Path): string => {
  const closed = [...stderr.matchAll(/ may not write in (.*)$/gm)].map(([, dir]) => toText(quoteBin(bin(dir!))))
  return closed.length > 0
    ? `its owner or its mode keeps ${user} out. On that host: sudo chown ${user} ${closed.join(' ')} && sudo chmod u+rwx ${closed.join(' ')}`
    : placeRemedy(stderr, user, deployTo)
}

/** `deploy:check:*`: makes the (empty) directories and looks for all linked files, on every host. */
export const checkTasks = (stage: Stage) =>
  ({
    'deploy:check:directories': {
      task: {
        description: 'Make the directories of a deploy',
        on: 'release',
        steps: ({ paths, layout, host }) => {
          const ours = [paths.deployTo, paths.releases, paths.deployTo.join('.shipit'), paths.deployTo.join('.shipit/releases')]
          const user = host.user ?? layout.user
          return [
            sh`
mkdir -p ${[paths.shared, paths.releases, paths.deployTo.join('.shipit/releases')]}
closed=
for dir in ${ours}; do
  if [ -w "$dir" ] && [ -x "$dir" ]; then continue; fi
  printf '%s may not write in %s\n' ${user} "$dir" >&2
  closed=1
done
[ -z "$closed" ]
`
              .title('make the directories')
              .hint(({ stderr }) => mayWrite(stderr, user, paths.deployTo)),
          ]
        },
      },
    },
    'deploy:check:linked_dirs': {
      task: {
        description: 'Make the linked directories in shared',
        on: 'release',
        steps: ({ paths }) => [
          stage.linkedDirs.length > 0 && makeDirs(stage.linkedDirs, paths).title('make the linked directories').hint(inTheWay),
        ],
      },
    },
    'deploy:check:make_linked_dirs': {
      task: {
        description: 'Make the directories of the linked files in shared',
        on: 'release',
        steps: ({ paths }) => {
          const parents = [...new Set(stage.linkedFiles.map((file) => dirname(file)).filter((dir) => dir !== '.'))]
          return [parents.length > 0 && makeDirs(parents, paths).title('make the directories of linked files').hint(inTheWay)]
        },
      },
    },
    'deploy:check:linked_files': {
      task: {
        description: 'Check that the linked files are in shared',
        on: 'release',
        when: ({ deploy }) => !deploy.rollback,
        steps: ({ paths, host }) => [stage.linkedFiles.length > 0 && lookForFiles(stage.linkedFiles, host, paths)],
      },
    },
  }) satisfies Record<string, CoreDef>
