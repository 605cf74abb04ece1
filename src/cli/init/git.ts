import { execFileSync } from 'node:child_process'
import { cleanRemote, type Remote } from './remote.ts'

/** What git knows about a folder. */
export interface GitFindings {
  readonly remote: Remote
  /** undefined if there is no git repository, or nothing shows which branch it is */
  readonly branch: string | undefined
  /** the folder in its repository: `apps/web`; undefined: it is the root, or there is no repository */
  readonly folder: string | undefined
  /** whether git has a file of the folder */
  readonly tracks: (file: string) => boolean
}

/** Asks git about a folder, without the network. */
export const gitIn = (dir: string): GitFindings => {
  const git: Git = (...args) => {
    try {
      return execFileSync('git', ['-C', dir, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() || undefined
    } catch {
      return undefined
    }
  }
  const remotes = (git('remote') ?? '').split('\n')
  const name = remotes.includes('origin') ? 'origin' : remotes[0] || undefined
  return {
    remote: cleanRemote(name && git('remote', 'get-url', '--', name)),
    branch: branchOf(git, name ?? 'origin'),
    folder: git('rev-parse', '--show-prefix')?.replace(/\/$/, ''),
    tracks: (file) => git('ls-files', '--', file) !== undefined,
  }
}

type Git = (...args: readonly string[]) => string | undefined

/** The default branch of the remote, or else the one that most repositories deploy, the one that is checked out, or the only one. */
const branchOf = (git: Git, remote: string): string | undefined => {
  const known = git('symbolic-ref', '--short', `refs/remotes/${remote}/HEAD`)
  if (known !== undefined) return known.slice(remote.length + 1)
  const [here, there] = [
    git('for-each-ref', '--format=%(refname:lstrip=2)', 'refs/heads'),
    git('for-each-ref', '--format=%(refname:lstrip=3)', `refs/remotes/${remote}`),
  ]
  const all = [...new Set(`${here ?? ''}\n${there ?? ''}`.split('\n').filter(Boolean))]
  return (
    ['main', 'master'].find((one) => all.includes(one)) ?? git('symbolic-ref', '--short', 'HEAD') ?? (all.length === 1 ? all[0] : undefined)
  )
}
