import { LOG_WORDS, parseCommits, READ_ONLY, type CommitNotes } from '../facts/commit-notes.ts'
import { deployedPaths, DIFF_WORDS, LISTED, parseListed, type CommitRange } from '../facts/commit-range.ts'
import type { Stage } from '../tasks/stage.ts'
import { isCommit, shortCommit } from '../values/commit.ts'
import { localCheckout, type LocalCheckout } from './local-git.ts'

type Checkout = Pick<Stage, 'file' | 'repoUrl' | 'branch'>

/** The full commit for a short one, from the checkout that contains the config; undefined if that is not certain. */
export const resolveLocally = async (stage: Checkout): Promise<string | undefined> => {
  const short = shortCommit(stage.branch)
  const checkout = short === undefined ? undefined : await localCheckout(stage)
  const commit = await checkout?.git('rev-parse', '--verify', '--quiet', '--end-of-options', `${short}^{commit}`)
  return commit !== undefined && isCommit(commit) && commit.startsWith(short!) ? commit : undefined
}

/** What the checkout that contains the config knows about these commits. */
export const describeLocally = async (stage: Checkout, commits: readonly string[]): Promise<ReadonlyMap<string, CommitNotes>> => {
  const checkout = commits.length === 0 ? undefined : await localCheckout(stage)
  return parseCommits((await checkout?.git(...READ_ONLY, ...LOG_WORDS, '--no-walk=unsorted', '--ignore-missing', ...commits)) ?? '')
}

/** How many commits of the local branch are missing from what is deployed; undefined if that cannot be determined. */
export const countUnpushed = async (stage: Checkout, revision: string): Promise<number | undefined> => {
  const checkout = isCommit(revision) && !isCommit(stage.branch) ? await localCheckout(stage) : undefined
  if (!checkout) return undefined
  const branch = `refs/heads/${stage.branch.replace(/^refs\/heads\//, '')}`
  const { git, remotes } = checkout
  const beyond = numberIn(await git('rev-list', '--count', '--end-of-options', `${revision}..${branch}`))
  if (beyond !== undefined || remotes.length === 0 || (await hasCommit(checkout, revision))) return beyond
  // others have pushed it since the last fetch: what no branch of the remote has is still not pushed
  if (!(await git('for-each-ref', '--count=1', '--format=x', ...remotes.map((name) => `refs/remotes/${name}`)))) return undefined
  return numberIn(await git('rev-list', '--count', branch, '--not', ...remotes.map((name) => `--remotes=${name}`)))
}

/** The commits between two, from the checkout; `missing`: the commit that it does not have. Undefined if there is no such checkout. */
export const rangeLocally = async (
  stage: Checkout & Pick<Stage, 'repoTree'>,
  from: string,
  to: string,
  o: { readonly diff?: boolean } = {},
): Promise<CommitRange | { readonly missing: string } | undefined> => {
  const checkout = await localCheckout(stage)
  if (!checkout) return undefined
  for (const commit of [from, to]) if (!(await hasCommit(checkout, commit))) return { missing: commit }
  // with only a part of the history, a number would be wrong
  if ((await checkout.git('rev-parse', '--is-shallow-repository')) !== 'false') return { missing: from }
  const list = async (range: string) => {
    const count = numberIn(await checkout.git('rev-list', '--count', range))
    const lines = await checkout.git(...READ_ONLY, ...LOG_WORDS, `--max-count=${LISTED}`, range)
    return count === undefined || lines === undefined ? undefined : { count, newest: parseListed(lines) }
  }
  const [added, removed] = await Promise.all([list(`${from}..${to}`), list(`${to}..${from}`)])
  if (!added || !removed) return undefined
  if (o.diff !== true) return { added, removed }
  const diff = await checkout.git(...DIFF_WORDS, from, to, '--', ...deployedPaths(stage))
  return diff === undefined ? undefined : { added, removed, diff }
}

const hasCommit = async ({ git }: LocalCheckout, commit: string): Promise<boolean> =>
  (await git('cat-file', '-e', `${commit}^{commit}`)) !== undefined

const numberIn = (text: string | undefined): number | undefined => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined)
