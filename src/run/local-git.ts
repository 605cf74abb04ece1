import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import type { Stage } from '../tasks/stage.ts'
import { sameRepository } from '../values/repo-url.ts'

/** A checkout of the deployed repository on this machine, with the config in it. */
export interface LocalCheckout {
  /** Runs git there, without the network. Undefined if git is missing or fails. */
  git(...args: readonly string[]): Promise<string | undefined>
  /** the names of its remotes that are the deployed repository */
  readonly remotes: readonly string[]
}

/** The checkout that contains the config, if the deployed repository is one of its remotes, or the checkout itself. */
export const localCheckout = async ({ file, repoUrl }: Pick<Stage, 'file' | 'repoUrl'>): Promise<LocalCheckout | undefined> => {
  if (repoUrl === undefined) return undefined
  const dir = dirname(file)
  const [top, urls] = await Promise.all([
    git(dir, 'rev-parse', '--show-toplevel'),
    git(dir, 'config', '--get-regexp', String.raw`^remote\..*\.url$`),
  ])
  if (top === undefined) return undefined
  const remotes = (urls ?? '').split('\n').flatMap((line) => {
    const [, name, url] = /^remote\.(.+)\.url (.+)$/.exec(line) ?? []
    return name !== undefined && sameRepository(url!, repoUrl) ? [name] : []
  })
  return remotes.length > 0 || sameRepository(top, repoUrl) ? { git: (...args) => git(dir, ...args), remotes } : undefined
}

const git = (dir: string, ...args: readonly string[]): Promise<string | undefined> =>
  new Promise((resolve) => {
    // in a git hook, variables point to another repository
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')))
    execFile(
      'git',
      ['-C', dir, ...args],
      { timeout: 5000, maxBuffer: 64 * 1024 * 1024, env: { ...env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1' } },
      (error, stdout) => resolve(error ? undefined : stdout.replace(/\n+$/, '')),
    )
  })

/** Whether a file is in a git repository that does not ignore it. */
export const isUnignored = async (file: string): Promise<boolean> => {
  const dir = dirname(file)
  if ((await git(dir, 'rev-parse', '--is-inside-work-tree')) !== 'true') return false
  return (await git(dir, 'check-ignore', file)) === undefined
}
