import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { gitHint } from '../git/hints.ts'
import { watched } from '../git/watch.ts'
import { answerLimit, loginWords, onlineEnv, patiently, type RepoStage } from '../git/words.ts'
import { isCommit, shortCommit } from '../values/commit.ts'
import { didYouMean, orMeant } from '../values/nearest.ts'
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
  const asked = short === undefined ? byName(stage, ref) : byDigits(stage, ref, short, mirror, known)
  return patiently(stage, watched(stage, asked))
    .env(onlineEnv(stage))
    .title(`ask ${stage.repoUrl} for ${ref}`)
    .timeout(answerLimit(stage) + (short === undefined ? 0 : transferTimeout))
    .hint(gitHint({ stage }))
    .probe()
}

const byName = (stage: RepoStage, ref: string): Command => {
  const words = loginWords(stage)
  const url = stage.repoUrl ?? ''
  const patterns =
    ref === 'HEAD' || ref.startsWith('refs/') ? [ref, `${ref}^{}`] : [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/tags/${ref}^{}`]
  return sh`
found=$(git ${words} ls-remote ${url} ${patterns})
if [ -n "$found" ]; then printf '%s\n' "$found"; else echo all; git ${words} ls-remote ${url}; fi
`
}

const byDigits = (stage: RepoStage, ref: string, short: string, mirror: Path, known: string | undefined): Command => {
  const words = loginWords(stage)
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
  git ${words} clone --quiet --bare --filter=tree:0 --reference-if-able ${mirror} ${url} "$dir/commits" 2>"$dir/said" || {
    rm -rf "$dir/commits"
    git ${words} clone --quiet --bare ${url} "$dir/commits"
  }
  git --git-dir "$dir/commits" rev-parse --disambiguate=${short} | git --git-dir "$dir/commits" ${commits}
fi
`
}

/** The commit in the output of {@link commitFact}. Tags are peeled. A ref that has two meanings, or none, is an error. */
export const parseCommit = (stdout: string, ref: string): { sha: string } | { error: string } => {
  const found = new Map<string, string>()
  const commits = new Set<string>()
  for (const line of stdout.split('\n')) {
    const [, sha, name] = /^([0-9a-f]{40}|[0-9a-f]{64})\t(.+)$/.exec(line) ?? []
    if (sha !== undefined) found.set(name!, sha)
    const [, commit] = /^commit ([0-9a-f]+)$/.exec(line) ?? []
    if (commit !== undefined) commits.add(commit)
  }
  const exact = found.get(`${ref}^{}`) ?? found.get(ref)
  if (exact !== undefined) return { sha: exact }
  const head = found.get(`refs/heads/${ref}`)
  const tag = found.get(`refs/tags/${ref}^{}`) ?? found.get(`refs/tags/${ref}`)
  if (head !== undefined && tag !== undefined && head !== tag) {
    return { error: `"${ref}" is both a branch and a tag, of different commits: use --branch refs/heads/${ref} or refs/tags/${ref}` }
  }
  const named = head ?? tag
  if (named !== undefined) return { sha: named }
  const short = shortCommit(ref)
  if (short === undefined) return { error: missing(ref, found) }
  for (const [name, sha] of found) if (sha.startsWith(short)) commits.add(found.get(`${name}^{}`) ?? sha)
  const [sha, ...others] = commits
  if (sha === undefined && found.size === 0 && /^all$/m.test(stdout)) return { error: missing(ref, found) }
  if (sha === undefined) return { error: `the repository has no branch, no tag and no commit "${ref}": was it pushed?` }
  if (others.length > 0)
    return { error: `"${ref}" is the beginning of ${commits.size} commits: ${[...commits].sort().join(', ')}: give more digits` }
  return { sha }
}

const NAMES = 8

const missing = (ref: string, found: ReadonlyMap<string, string>): string => {
  const names = [...found.keys()].flatMap((name) => /^refs\/(?:heads|tags)\/(.+?)(?:\^\{\})?$/.exec(name)?.[1] ?? [])
  if (names.length === 0) return `the repository has no branch or tag "${ref}": it has none at all yet, push first`
  const asked = ref.replace(/^refs\/(?:heads|tags)\//, '')
  // `origin/main` is the name of the branch in a clone
  const bare = /^(?:refs\/)?(?:remotes\/)?[^/]+\/(.+)$/.exec(ref)?.[1]
  const near = bare !== undefined && names.includes(bare) ? orMeant(bare) : didYouMean(asked, names)
  const few = /^[0-9a-f]{4,6}$/i.test(ref) ? '; a commit needs 7 digits and more' : ''
  const rest = new Set(names)
  const listed = near !== '' || rest.size > NAMES ? '' : `: it has ${[...rest].join(', ')}`
  return `the repository has no branch or tag "${ref}"${near}${listed}${few}`
}
