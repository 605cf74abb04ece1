import { wholeLayout } from '../../../facts/task-layout.ts'
import type { Stage } from '../../stage.ts'
import { sh } from '../../../shell/sh.ts'
import type { CoreDef } from '../../barriers.ts'
import type { StepsContext } from '../../types.ts'
import { checkOut, checkSubtree, repoSubtree } from './checkout.ts'
import { gitHint } from '../../../git/hints.ts'
import { fetchLfsFiles } from './lfs.ts'
import { mirrorOf } from './mirror.ts'
import { fetchSubmodules } from './submodules.ts'
import { clearMirror, cloneMirror, fetchMirror, pointMirror } from './transfer.ts'
import { answerLimit, loginOptions, onlineEnv, withWaitNotice } from '../../../git/options.ts'

/** The git mirror, and the release made from it at the pinned commit. */
export const gitTasks = (stage: Stage) =>
  ({
    'git:check': limited(stage, {
      description: 'Check that the repository can be reached from every host',
      on: 'release',
      when: ({ deploy }) => !deploy.rollback,
      steps: (c) => reachSteps(stage, c),
    }),
    'git:clone': limited(stage, {
      description: 'Make the mirror of the repository',
      on: 'release',
      steps: (c) => cloneSteps(stage, c),
    }),
    'git:update': limited(stage, {
      description: 'Fetch into the mirror, unless it has the commit',
      on: 'release',
      steps: (c) => updateSteps(stage, c),
    }),
    'git:create_release': limited(stage, {
      description: 'Write the commit into the new release',
      on: 'release',
      steps: (c) => releaseSteps(stage, c),
    }),
  }) satisfies Record<string, CoreDef>

/** On as many hosts at once as the git server takes, with the user's agent. */
const limited = (stage: Stage, task: CoreDef['task']): CoreDef => ({ limit: stage.git.limit, agent: true, task })

const reachSteps = (stage: Stage, { layout }: StepsContext) => {
  // the host that resolved the ref has just reached the repository
  if (wholeLayout(layout).commit !== undefined || layout.missing.includes('git')) return []
  const { repoUrl: url = '' } = stage
  return [
    withWaitNotice(
      stage,
      sh`git ${loginOptions(stage)} ls-remote ${url} HEAD`
        .env(onlineEnv(stage))
        .timeout(answerLimit(stage))
        .title(`reach ${url}`)
        .hint(gitHint({ stage })),
    ),
  ]
}

const cloneSteps = (stage: Stage, c: StepsContext) => {
  const mirror = mirrorOnHost(stage, c)
  const damaged = mirror.kind === 'ours' && mirror.damaged
  return [damaged && clearMirror(stage, c), (damaged || mirror.kind === 'none') && cloneMirror(stage, c)]
}

const updateSteps = (stage: Stage, c: StepsContext) => {
  const mirror = mirrorOnHost(stage, c)
  return [mirror.kind !== 'none' && wholeLayout(c.layout).repo.exists && pointMirror(stage, c, mirror), fetchMirror(stage, c, mirror)]
}

const releaseSteps = (stage: Stage, c: StepsContext) => {
  const tree = repoSubtree(stage)
  return [
    tree !== undefined && checkSubtree(c, tree),
    checkOut(stage, c, tree),
    stage.git.lfs && fetchLfsFiles(stage, c),
    stage.git.submodules && fetchSubmodules(stage, c, tree),
  ]
}

const mirrorOnHost = (stage: Stage, c: StepsContext) => mirrorOf(wholeLayout(c.layout), stage, c.paths.repo)
