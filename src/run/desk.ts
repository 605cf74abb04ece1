import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import type { Stage } from '../tasks/stage.ts'
import { isCommit, shortCommit } from '../values/commit.ts'
import { sameRepository } from '../values/repourl.ts'

type Asking = Pick<Stage, 'file' | 'repoUrl' | 'branch'>

/** The full commit for a short one, from the checkout that contains the config; undefined if that is not certain. */
export const fromDesk = async (stage: Asking): Promise<string | undefined> => {
  const short = shortCommit(stage.branch)
  const dir = dirname(stage.file)
  if (short === undefined || !(await isCheckout(dir, stage))) return undefined
  const commit = await git(dir, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${short}^{commit}`)
  return commit !== undefined && isCommit(commit) && commit.startsWith(short) ? commit : undefined
}

/** How many commits of the local branch are missing from what is deployed; undefined if that cannot be determined. */
export const notPushed = async (stage: Asking, revision: string): Promise<number | undefined> => {
  const dir = dirname(stage.file)
  if (!isCommit(revision) || isCommit(stage.branch) || !(await isCheckout(dir, stage))) return undefined
  const branch = stage.branch.replace(/^refs\/heads\//, '')
  const count = await git(dir, 'rev-list', '--count', '--end-of-options', `${revision}..refs/heads/${branch}`)
  return count !== undefined && /^\d+$/.test(count) ? Number(count) : undefined
}

/** Whether the folder is in a checkout of the deployed repository: it is one of its remotes, or the checkout itself. */
const isCheckout = async (dir: string, { repoUrl }: Asking): Promise<boolean> => {
  if (repoUrl === undefined) return false
  const [top, remotes] = await Promise.all([
    git(dir, 'rev-parse', '--show-toplevel'),
    git(dir, 'config', '--get-regexp', String.raw`^remote\..*\.url$`),
  ])
  if (top === undefined) return false
  const urls = (remotes ?? '').split('\n').map((line) => line.slice(line.indexOf(' ') + 1))
  return [top, ...urls].some((url) => url !== '' && sameRepository(url, repoUrl))
}

/** Runs git on this machine, without the network. Undefined if git is missing or fails. */
const git = (dir: string, ...args: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    // in a git hook, variables point to another repository
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')))
    execFile(
      'git',
      ['-C', dir, ...args],
      { timeout: 5000, env: { ...env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1' } },
      (error, stdout) => resolve(error ? undefined : stdout.trim()),
    )
  })
