import { normalize } from 'node:path/posix'
import type { Stage } from '../../config/types.ts'
import { sh } from '../../shell/sh.ts'
import type { EnvMap, Failed, Sh } from '../../shell/types.ts'
import type { CoreDef } from '../core.ts'
import type { StepsContext } from '../types.ts'

/** How every git command of ours runs: never asking anything, and with the stage's policy for the git server's host key. */
export const gitEnv = (stage: Stage): EnvMap => ({
  GIT_TERMINAL_PROMPT: '0',
  GIT_ASKPASS: '/bin/true',
  GIT_SSH_COMMAND: `ssh -o BatchMode=yes -o StrictHostKeyChecking=${stage.git.hostKeys}`,
})

/** What a failed git command most likely needs, from what it printed. */
export const gitHint =
  (stage: Stage) =>
  ({ stderr }: Failed): string | undefined => {
    if (/Host key verification failed|host key is known|REMOTE HOST IDENTIFICATION/i.test(stderr)) {
      return stage.git.hostKeys === 'yes'
        ? "the git server's host key is not in this host's known_hosts: add it there, or set git: { hostKeys: 'accept-new' }"
        : "the git server's host key has changed: find out why before you remove the old one from this host's known_hosts"
    }
    if (/Permission denied \(publickey|Could not read from remote repository|Authentication failed|could not read Username/i.test(stderr)) {
      return "this host may not read the repository: give it a deploy key, or forward your agent to the git steps with ssh: { forwardAgent: 'git' }"
    }
    if (/No space left on device/i.test(stderr)) return 'the disk of this host is full'
    if (/Could not resolve host/i.test(stderr)) return 'this host cannot resolve the name of the git server'
    return undefined
  }

/** The folder of the repository that becomes the release; tar strips as many names as there are in it. */
const treeOf = ({ repoTree }: Stage): string | undefined => {
  const tree = normalize(repoTree ?? '.').replace(/^\/+|\/+$/g, '')
  return tree === '.' || tree === '' ? undefined : tree
}

const fetchHint = ({ stderr }: Failed, { paths, deploy }: StepsContext): string =>
  /not our ref|unadvertised object|find remote ref/i.test(stderr)
    ? `the repository has no commit ${deploy.revision}: was it pushed?`
    : `if the mirror is damaged, remove ${paths.repo} on that host: the next deploy makes it again`

/** The git mirror and the release that is made out of it, from the pinned commit. */
export const gitTasks = (stage: Stage) => {
  const git: Sh = sh.env(gitEnv(stage))
  const url = stage.repoUrl ?? ''
  const hint = gitHint(stage)
  const gentle = { limit: stage.git.limit, agent: true } as const
  const has = ({ paths, deploy }: StepsContext) => sh`git --git-dir ${paths.repo} cat-file -e ${deploy.revision} 2>/dev/null`
  return {
    'git:check': {
      ...gentle,
      task: {
        description: 'Check that the repository can be reached from every host',
        on: 'release',
        when: ({ deploy }) => !deploy.rollback,
        // the host that resolved the ref has just reached it
        steps: ({ layout }) => [layout.commit === undefined && git`git ls-remote ${url} HEAD`.title(`reach ${url}`).hint(hint)],
      },
    },
    'git:clone': {
      ...gentle,
      task: {
        description: 'Make the mirror of the repository',
        on: 'release',
        // to another name first: a clone that was killed must not look like a mirror
        steps: ({ paths, layout }) => [
          !layout.repo.exists &&
            git`
if [ -e ${paths.repo} ] && ! rmdir ${paths.repo} 2>/dev/null && ! [ -d ${paths.repo}/objects ]; then
  printf '%s is there, and is no mirror of a repository\n' ${paths.repo} >&2
  exit 1
fi
rm -rf ${paths.repo}.cloning
git clone --quiet --mirror ${url} ${paths.repo}.cloning
rm -rf ${paths.repo}
mv ${paths.repo}.cloning ${paths.repo}
`
              .title(`clone ${url}`)
              .hint((failed) => hint(failed) ?? `the mirror is made at ${paths.repo}: nothing else may be there`),
        ],
      },
    },
    'git:update': {
      ...gentle,
      task: {
        description: 'Fetch into the mirror, unless it has the commit',
        on: 'release',
        steps: (c) => [
          c.layout.repo.exists &&
            c.layout.repo.url !== url &&
            sh`git --git-dir ${c.paths.repo} remote set-url origin ${url}`.title(`point the mirror at ${url}`),
          // what a killed fetch left locked is nobody's: this run has the host's lock; a commit that no ref leads to may be asked for by its hash
          git`
find ${c.paths.repo} -name '*.lock' ! -path '*/objects/*' -exec rm -f {} +
git --git-dir ${c.paths.repo} remote update --prune
${has(c)} || git --git-dir ${c.paths.repo} fetch --quiet origin ${c.deploy.revision}
`
            .title('fetch')
            .unless(has(c))
            .hint((failed) => hint(failed) ?? fetchHint(failed, c)),
        ],
      },
    },
    'git:create_release': {
      limit: stage.git.limit,
      task: {
        description: 'Write the commit into the new release',
        on: 'release',
        // through a file: a pipeline would hide that git died (sh has no pipefail)
        steps: ({ paths, deploy }) => {
          const tar = paths.deployTo.join('.shipit/archive.tar')
          const tree = treeOf(stage)
          return [
            tree !== undefined &&
              sh`[ "$(git --git-dir ${paths.repo} cat-file -t ${`${deploy.revision}:${tree}`})" = tree ]`
                .title(`look for ${tree}`)
                .hint(`repoTree says ${tree}: there is no such folder in ${deploy.shortRevision}`),
            sh`
git --git-dir ${paths.repo} archive --format tar --output ${tar} ${deploy.revision} ${tree === undefined ? [] : [tree]}
tar -x -f ${tar} -C ${paths.release} ${tree === undefined ? [] : ['--strip-components', tree.split('/').length]}
rm -f ${tar}
`
              .title(`check out ${deploy.shortRevision}`)
              .hint(hint),
          ]
        },
      },
    },
  } satisfies Record<string, CoreDef>
}
