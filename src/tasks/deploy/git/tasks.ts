import { wholeLayout } from '../../../facts/layout.ts'
import type { Stage } from '../../stage.ts'
import { sh } from '../../../shell/sh.ts'
import type { CoreDef } from '../../barriers.ts'
import type { StepsContext } from '../../types.ts'
import { checkOut, refuseTree, treeOf } from './checkout.ts'
import { gitHint } from '../../../git/hints.ts'
import { fetchLarge } from './large.ts'
import { mirrorOf } from './mirror.ts'
import { fetchModules } from './modules.ts'
import { clearMirror, cloneMirror, fetchMirror, pointMirror } from './transfer.ts'
import { answerLimit, loginWords, onlineEnv, patiently } from '../../../git/words.ts'

/** The git mirror, and the release made from it at the pinned commit. */
export const gitTasks = (stage: Stage) => {
  const gentle = { limit: stage.git.limit, agent: true } as const
  const of = (c: StepsContext) => mirrorOf(wholeLayout(c.layout), stage, c.paths.repo)
  return {
    'git:check': {
      ...gentle,
      task: {
        description: 'Check that the repository can be reached from every host',
        on: 'release',
        when: ({ deploy }) => !deploy.rollback,
        // the host that resolved the ref has just reached the repository
        steps: ({ layout }) => {
          if (wholeLayout(layout).commit !== undefined || layout.missing.includes('git')) return []
          const { repoUrl: url = '' } = stage
          return [
            patiently(
              stage,
              sh`git ${loginWords(stage)} ls-remote ${url} HEAD`
                .env(onlineEnv(stage))
                .timeout(answerLimit(stage))
                .title(`reach ${url}`)
                .hint(gitHint({ stage })),
            ),
          ]
        },
      },
    },
    'git:clone': {
      ...gentle,
      task: {
        description: 'Make the mirror of the repository',
        on: 'release',
        steps: (c) => {
          const mirror = of(c)
          const damaged = mirror.kind === 'ours' && mirror.damaged
          return [damaged && clearMirror(stage, c), (damaged || mirror.kind === 'none') && cloneMirror(stage, c)]
        },
      },
    },
    'git:update': {
      ...gentle,
      task: {
        description: 'Fetch into the mirror, unless it has the commit',
        on: 'release',
        steps: (c) => {
          const mirror = of(c)
          return [
            mirror.kind !== 'none' && wholeLayout(c.layout).repo.exists && pointMirror(stage, c, mirror),
            fetchMirror(stage, c, mirror),
          ]
        },
      },
    },
    'git:create_release': {
      ...gentle,
      task: {
        description: 'Write the commit into the new release',
        on: 'release',
        steps: (c) => {
          const tree = treeOf(stage)
          return [
            tree !== undefined && refuseTree(c, tree),
            checkOut(stage, c, tree),
            stage.git.lfs && fetchLarge(stage, c),
            stage.git.submodules && fetchModules(stage, c, tree),
          ]
        },
      },
    },
  } satisfies Record<string, CoreDef>
}
