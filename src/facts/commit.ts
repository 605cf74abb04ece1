import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { gitHint } from '../git/hints.ts'
import { withSilenceWatch } from '../git/watch.ts'
import { answerLimit, loginOptions, onlineEnv, withWaitNotice, type RepoStage } from '../git/options.ts'
import { isCommit, shortCommit } from '../values/commit.ts'
import { didYouMean, suggestion } from '../values/nearest.ts'
import type { Path } from '../values/path.ts'

/**
 * Asks the git server, from one host, what a ref means, for {@link parseCommit}. Writes only a temporary directory. A full commit needs no
 * look-up. A short one is looked up among the tips, in the mirror, and then in a clone of the commits only.
 * `known`: the full commit, if the local repository has it.
 */
export const commitFact = (stage: RepoStage, ref: string, mirror: Path, known?: string): Command | undefined => {
  if (isCommit(ref)) return undefined
  const short = shortCommit(ref)
  const { transferTimeout } = stage.git
  const asked = short === undefined ? lookUpName(stage, ref) : lookUpShortCommit(stage, ref, short, mirror, known)
  return withWaitNotice(stage, withSilenceWatch(stage, asked))
    .env(onlineEnv(stage))
    .title(`ask ${stage.repoUrl} for ${ref}`)
    .timeout(answerLimit(stage) + (short === undefined ? 0 : transferTimeout))
    .hint(gitHint({ stage }))
    .probe()
}

const lookUpName = (stage: RepoStage, ref: string): Command => {
  const words = loginOptions(stage)
  const url = stage.repoUrl ?? ''
  const patterns =
    ref === 'HEAD' || ref.startsWith('refs/') ? [ref, `${ref}^{}`] : [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/tags/${ref}^{}`]
  return sh`
found=$(git ${words} ls-remote ${url} ${patterns})
if [ -n "$found" ]; then printf '%s\n' "$found"; else echo all; git ${words} ls-remote ${url}; fi
`
}

const lookUpShortCommit = (stage: RepoStage, ref: string, short: string, mirror: Path, known: string | undefined): Command => {
  const words = loginOptions(stage)
  const url = stage.repoUrl ?? ''
  const commits = raw(`cat-file --batch-check | sed -n 's/^\\([0-9a-f]*\\) commit .*/commit \\1/p'`)
  return sh`
refs=$(git ${words} ls-remote ${url})
[ -n "$refs" ] || echo all
found=$(printf '%s\n' "$refs" | grep -e ${`^${short}`} -e ${`refs/heads/${ref}$`} -e ${`refs/tags/${ref}$`} -e ${`refs/tags/${ref}^{}$`}) || :
have=${known === undefined ? '' : `commit ${known}`}
if [ -z "$have" ] && [ -d ${mirror}/objects ]; then
  have=$(git --git-dir ${mirror} rev-parse --disambiguate=${short} 2>/dev/null | git --git-dir ${mirror} ${commits}) || :
fi
printf '%s\n' "$found" "$have"
if [ -n "$refs" ] && [ -z "$found$have" ]; then
  dir=$(mktemp -d)
  trap 'rm -rf "$dir"' EXIT
  trap 'exit 143' TERM HUP INT
  git ${words} clone --quiet --bare --filter=tree:0 --reference-if-able ${mirror} ${url} "$dir/commits" 2>"$dir/output" || {
    rm -rf "$dir/commits"
    git ${words} clone --quiet --bare ${url} "$dir/commits"
  }
  git --git-dir "$dir/commits" rev-parse --disambiguate=${short} | git --git-dir "$dir/commits" ${commits}
fi
`
}

interface NoCommit {
  readonly error: string
  /** what to do about it */
  readonly hint: string
}

/** The commit in the output of {@link commitFact}. Tags are peeled. A ref that has two meanings, or none, is an error. */
export const parseCommit = (stdout: string, ref: string): { readonly sha: string } | NoCommit => {
  const refs = new Map<string, string>()
  const commits = new Set<string>()
  for (const line of stdout.split('\n')) {
    const [, sha, name] = /^([0-9a-f]{40}|[0-9a-f]{64})\t(.+)$/.exec(line) ?? []
    if (sha !== undefined) refs.set(name!, sha)
    const [, commit] = /^commit ([0-9a-f]+)$/.exec(line) ?? []
    if (commit !== undefined) commits.add(commit)
  }
  const exact = refs.get(`${ref}^{}`) ?? refs.get(ref)
  if (exact !== undefined) return { sha: exact }
  const head = refs.get(`refs/heads/${ref}`)
  const tag = refs.get(`refs/tags/${ref}^{}`) ?? refs.get(`refs/tags/${ref}`)
  if (head !== undefined && tag !== undefined && head !== tag) {
    return {
      error: `"${ref}" is both a branch and a tag, of different commits`,
      hint: `say which one: --branch refs/heads/${ref}, or --branch refs/tags/${ref}`,
    }
  }
  const tip = head ?? tag
  if (tip !== undefined) return { sha: tip }
  const short = shortCommit(ref)
  if (short === undefined) return missing(unknownRefMessage(ref, refs))
  for (const [name, sha] of refs) if (sha.startsWith(short)) commits.add(refs.get(`${name}^{}`) ?? sha)
  const [sha, ...others] = commits
  if (sha === undefined && refs.size === 0 && /^all$/m.test(stdout)) return missing(unknownRefMessage(ref, refs))
  if (sha === undefined) return missing(`the repository has no branch, no tag and no commit "${ref}": was it pushed?`)
  if (others.length > 0)
    return { error: `"${ref}" is the beginning of ${commits.size} commits: ${[...commits].sort().join(', ')}`, hint: 'give more digits' }
  return { sha }
}

const missing = (error: string): NoCommit => ({ error, hint: 'push it first, or name another with --branch' })

const NAMES = 8

const unknownRefMessage = (ref: string, found: ReadonlyMap<string, string>): string => {
  const names = [...found.keys()].flatMap((name) => /^refs\/(?:heads|tags)\/(.+?)(?:\^\{\})?$/.exec(name)?.[1] ?? [])
  if (names.length === 0) return `the repository has no branch or tag "${ref}": it has none yet; push first`
  const asked = ref.replace(/^refs\/(?:heads|tags)\//, '')
  // `origin/main` is the name of the branch in a clone
  const bare = /^(?:refs\/)?(?:remotes\/)?[^/]+\/(.+)$/.exec(ref)?.[1]
  const near = bare !== undefined && names.includes(bare) ? suggestion(bare) : didYouMean(asked, names)
  const few = /^[0-9a-f]{4,6}$/i.test(ref) ? '; a commit needs 7 digits or more' : ''
  const rest = new Set(names)
  const listed = near !== '' || rest.size > NAMES ? '' : `: it has ${[...rest].join(', ')}`
  return `the repository has no branch or tag "${ref}"${near}${listed}${few}`
}
