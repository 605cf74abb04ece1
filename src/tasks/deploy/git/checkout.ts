import { normalize } from 'node:path/posix'
import type { Stage } from '../../stage.ts'
import { sh } from '../../../shell/sh.ts'
import type { Command } from '../../../shell/types.ts'
import type { StepsContext } from '../../types.ts'
import { gitHint } from '../../../git/hints.ts'
import { gitHintContext } from './mirror.ts'
import { archiveOptions, gitEnv } from '../../../git/options.ts'

/** The folder of the repository that becomes the release. tar strips as many names as it has. */
export const repoSubtree = ({ repoTree }: Pick<Stage, 'repoTree'>): string | undefined => {
  const tree = normalize(repoTree ?? '.').replace(/^\/+|\/+$/g, '')
  return tree === '.' || tree === '' ? undefined : tree
}

/** Fails if the commit has no such folder. */
export const checkSubtree = ({ paths, deploy }: StepsContext, tree: string): Command =>
  sh`[ "$(git --git-dir ${paths.repo} cat-file -t ${`${deploy.revision}:${tree}`})" = tree ]`
    .title(`look for ${tree}`)
    .hint(`repoTree is ${tree}, and ${deploy.shortRevision} has no such folder`)

/** Writes the commit's files into the release, by git's own rules for an archive (export-ignore, export-subst). */
export const checkOut = (stage: Stage, c: StepsContext, tree: string | undefined): Command => {
  const { paths, deploy } = c
  const tar = paths.deployTo.join('.shipit/archive.tar')
  // through a file: a pipeline would hide that git failed (sh has no pipefail)
  return sh`
git --git-dir ${paths.repo} ${archiveOptions(stage.umask)} archive --format tar --output ${tar} ${deploy.revision} ${tree === undefined ? [] : [tree]}
tar -x -f ${tar} -C ${paths.release} ${tree === undefined ? [] : ['--strip-components', tree.split('/').length]}
rm -f ${tar}
`
    .env(gitEnv(stage))
    .title(`check out ${deploy.shortRevision}`)
    .hint(gitHint(gitHintContext(stage, c)))
}
