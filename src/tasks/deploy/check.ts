import { dirname } from 'node:path/posix'
import type { Stage } from '../stage.ts'
import { bin, toText } from '../../shell/bytes.ts'
import { deployPathRemedy } from '../../shell/deploy-path-remedy.ts'
import { quoteBin } from '../../shell/quote.ts'
import { sh } from '../../shell/sh.ts'
import type { Command, Failed } from '../../shell/types.ts'
import type { Path } from '../../values/path.ts'
import type { CoreDef } from '../barriers.ts'
import type { Paths } from '../types.ts'
import { checkLinkedFiles } from './linked-files.ts'

/** The hint for a directory in shared that cannot be made or used. */
const sharedDirHint = ({ stderr }: Failed): string | undefined =>
  /File exists|Not a directory|Too many levels|link loop/i.test(stderr)
    ? 'the path is not a directory, or is a link that leads nowhere: move it away, or take it out of the linked files and directories'
    : /leads into a release/.test(stderr)
      ? 'see where it leads: readlink -f, on that host. A link in shared must lead outside the releases'
      : undefined

/** Makes those of the directories that are missing. Nearly always none is, and then no process is started. */
const missing = (dirs: readonly Path[]): Command => sh`
absent=
for dir in ${dirs}; do [ -d "$dir" ] || absent=1; done
[ -z "$absent" ] || mkdir -p ${dirs}`

/** Makes directories in shared. Refuses one that leads into a release: once that release links to shared, it would lead to itself. */
const makeDirs = (dirs: readonly string[], { shared, releases }: Pick<Paths, 'shared' | 'releases'>): Command => sh`
${missing(dirs.map((dir) => shared.join(dir)))}
if cd -P ${releases} 2>/dev/null; then releases=$PWD; else releases=none; fi
circle=
for dir in ${dirs.map((dir) => shared.join(dir))}; do
  cd -P "$dir" || continue
  case $PWD/ in ("$releases"/*) printf '%s leads into a release, and would lead to itself once that release is live\n' "$dir" >&2; circle=1 ;; esac
done
[ -z "$circle" ]
`

const permissionHint = (stderr: string, user: string, deployTo: Path): string => {
  const closed = [...stderr.matchAll(/ may not write in (.*)$/gm)].map(([, dir]) => toText(quoteBin(bin(dir!))))
  return closed.length > 0
    ? `its owner or its mode keeps ${user} out. On that host: sudo chown ${user} ${closed.join(' ')} && sudo chmod u+rwx ${closed.join(' ')}`
    : deployPathRemedy(stderr, user, deployTo)
}

/** `deploy:check:*`: makes the (empty) directories and looks for all linked files, on every host. */
export const checkTasks = (stage: Stage) =>
  ({
    'deploy:check:directories': {
      task: {
        description: 'Make the directories of a deploy',
        on: 'release',
        steps: ({ paths, layout, host }) => {
          const directories = [paths.deployTo, paths.releases, paths.deployTo.join('.shipit'), paths.deployTo.join('.shipit/releases')]
          const user = host.user ?? layout.user
          return [
            sh`
${missing([paths.shared, paths.releases, paths.deployTo.join('.shipit/releases')])}
closed=
for dir in ${directories}; do
  if [ -w "$dir" ] && [ -x "$dir" ]; then continue; fi
  printf '%s may not write in %s\n' ${user} "$dir" >&2
  closed=1
done
[ -z "$closed" ]
`
              .title('make the directories')
              .hint(({ stderr }) => permissionHint(stderr, user, paths.deployTo)),
          ]
        },
      },
    },
    'deploy:check:linked_dirs': {
      task: {
        description: 'Make the linked directories in shared',
        on: 'release',
        steps: ({ paths }) => [
          stage.linkedDirs.length > 0 && makeDirs(stage.linkedDirs, paths).title('make the linked directories').hint(sharedDirHint),
        ],
      },
    },
    'deploy:check:make_linked_dirs': {
      task: {
        description: 'Make the directories of the linked files in shared',
        on: 'release',
        steps: ({ paths }) => {
          const parents = [...new Set(stage.linkedFiles.map((file) => dirname(file)).filter((dir) => dir !== '.'))]
          return [parents.length > 0 && makeDirs(parents, paths).title('make the directories of linked files').hint(sharedDirHint)]
        },
      },
    },
    'deploy:check:linked_files': {
      task: {
        description: 'Check that the linked files are in shared',
        on: 'release',
        when: ({ deploy }) => !deploy.rollback,
        steps: ({ paths, host }) => [stage.linkedFiles.length > 0 && checkLinkedFiles(stage, host, paths)],
      },
    },
  }) satisfies Record<string, CoreDef>
