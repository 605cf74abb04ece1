import type { Stage } from '../../stage.ts'
import type { HostFacts } from '../../../facts/types.ts'
import { moveAside } from '../../../shell/typed.ts'
import type { Path } from '../../../values/path.ts'
import type { StepsContext, Trouble } from '../../types.ts'
import type { GitHintContext } from '../../../git/hints.ts'
import { sameRepository, withoutLogin } from '../../../values/repo-url.ts'

/**
 * Whose repository is in the mirror's place.
 *
 * - `none`: nothing is there, or an empty folder: it is cloned.
 * - `ours`: it has our mark (`shipit.mirror` in its config), or nothing in it could be lost. It is fetched into, repaired and made again.
 * - `lent`: Capistrano's, an older shipit's, or ours with signs that people push to it. Its own branches stay as they are: what is fetched
 *   goes under `refs/shipit`.
 * - `foreign`: refused before anything is written.
 */
export type Mirror =
  | { readonly kind: 'none' }
  | { readonly kind: 'ours'; readonly damaged: boolean; readonly marked: boolean }
  | { readonly kind: 'lent' }
  | { readonly kind: 'foreign'; readonly what: string; readonly hint: string }

type MirrorSettings = Pick<Stage, 'application' | 'repoUrl' | 'repoPath'>

export const mirrorOf = ({ repo, releases }: Pick<HostFacts, 'repo' | 'releases'>, stage: MirrorSettings, at: Path): Mirror => {
  const { is = repo.exists ? 'repository' : 'none', signs = [] } = repo
  const moveAsideCommand = moveAside(at, 'before-shipit')
  const foreign = (what: string, hint = `if it is no longer needed: ${moveAsideCommand}; or set repoPath to another place`): Mirror => ({
    kind: 'foreign',
    what,
    hint,
  })
  if (is === 'none' || (is === 'empty' && repo.link === undefined)) return { kind: 'none' }
  if (is !== 'repository') return foreign(NOT_A_REPOSITORY[is])
  const url = stage.repoUrl ?? ''
  const same = repo.url !== undefined && sameRepository(repo.url, url)
  const { mark } = repo
  if (mark !== undefined) {
    if (mark !== stage.application && !same)
      return foreign(
        `is the mirror of another application, ${mark}`,
        'set repoPath to another place: two applications can share a mirror only if it is of the same repository',
      )
    if (signs.length > 0) return repo.exists ? { kind: 'lent' } : foreign(`is damaged, and is more than a mirror: ${signs.join(', ')}`)
    if (!repo.exists && repo.link !== undefined)
      return foreign(
        'is a link to a damaged mirror',
        `move the link aside: ${moveAside(at, 'damaged')}; the next deploy makes a new mirror`,
      )
    return { kind: 'ours', damaged: !repo.exists, marked: true }
  }
  if (repo.mirror !== true || repo.url === undefined) return foreign('is a repository, not a mirror, so people may push to it')
  if (signs.length > 0) return foreign(`is a repository that is more than a mirror: ${signs.join(', ')}`)
  if (!repo.exists) return foreign("is a repository that git cannot open, and shipit's mark is not in its config")
  // Capistrano itself points its mirror at a new address; that is fine in its own place, if it has deployed there
  if (!same && (stage.repoPath !== undefined || releases.length === 0))
    return foreign(`is a mirror of another repository, ${withoutLogin(repo.url)}`)
  return repo.refs === false ? { kind: 'ours', damaged: false, marked: false } : { kind: 'lent' }
}

/** The values that the remedy for a step in the mirror may name. */
export const gitHintContext = (stage: Stage, { paths, deploy }: Pick<StepsContext, 'paths' | 'deploy'>): GitHintContext => ({
  stage,
  repo: paths.repo,
  revision: deploy.revision,
})

/** Why nothing may be fetched into what is there, for a deploy and for the doctor. */
export const mirrorTrouble = (layout: Pick<HostFacts, 'repo' | 'releases'>, stage: MirrorSettings, at: Path): Trouble | undefined => {
  const mirror = mirrorOf(layout, stage, at)
  return mirror.kind === 'foreign' ? { message: `${at} ${mirror.what}: nothing is fetched into it`, remedy: mirror.hint } : undefined
}

const NOT_A_REPOSITORY = {
  empty: 'is a link to an empty folder',
  checkout: 'is a checkout that someone may be working in',
  folder: 'is a folder with other files in it',
  file: 'is a file',
  dangling: 'is a link to nothing',
  closed: 'may not be read by this account',
} as const
