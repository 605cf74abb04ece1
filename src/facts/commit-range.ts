import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { gitHint } from '../git/hints.ts'
import { answerLimit, loginOptions, onlineEnv, withWaitNotice, type RepoStage } from '../git/options.ts'
import { withSilenceWatch } from '../git/watch.ts'
import type { Path } from '../values/path.ts'
import { LOG_WORDS, parseCommits, READ_ONLY, READ_ONLY_ENV, type CommitNotes } from './commit-notes.ts'

export interface ListedCommit extends CommitNotes {
  readonly commit: string
}
/** Commits, newest first; `newest`: the first {@link LISTED} of them. */
export interface Commits {
  readonly count: number
  readonly newest: readonly ListedCommit[]
}
/** What lies between two commits. */
export interface CommitRange {
  /** what the second one has and the first one has not */
  readonly added: Commits
  /** the other way round */
  readonly removed: Commits
  readonly diff?: string
}

/** How many commits are listed; the others are counted. */
export const LISTED = 500

/** The words of a `git diff` that starts no other program. */
export const DIFF_WORDS: readonly string[] = ['diff', '--no-color', '--no-ext-diff', '--no-textconv']

/** The folder of the repository that is deployed, as a pathspec (gitglossary(7)); nothing for all of it. */
export const deployedPaths = ({ repoTree }: { readonly repoTree?: string | undefined }): readonly string[] =>
  repoTree === undefined ? [] : [`:(top,literal)${repoTree}`]

/**
 * Prints what lies between each of `from` and `to`, for {@link parseRanges}: from the mirror, if it has both, and else from a clone in a
 * temporary directory, which borrows what the mirror has. With `diff`, the files are cloned too.
 */
export const rangeFact = (
  stage: RepoStage & { readonly repoTree?: string | undefined },
  mirror: Path,
  from: readonly string[],
  to: string,
  { diff = false }: { readonly diff?: boolean } = {},
): Command => {
  const words = loginOptions(stage)
  const url = stage.repoUrl ?? ''
  const asked = sh`
to=${to}
here() { git ${READ_ONLY} --git-dir "$repo" "$@"; }
has() { here cat-file -e "$1^{commit}" 2>/dev/null; }
missing() {
  for commit in "$to" ${from}; do has "$commit" || return 0; done
  return 1
}
repo=${mirror}
if ! [ -d "$repo/objects" ] || missing; then
  dir=$(mktemp -d)
  trap 'rm -rf "$dir"' EXIT
  trap 'exit 143' TERM HUP INT
  repo=$dir/commits
  git ${words} clone --quiet --bare ${diff ? [] : ['--filter=tree:0']} --reference-if-able ${mirror} ${url} "$repo" 2>"$dir/output" || {
    rm -rf "$repo"
    git ${words} clone --quiet --bare ${url} "$repo"
  }
  # a commit that no branch leads to any more
  for commit in "$to" ${from}; do has "$commit" || git ${words} --git-dir "$repo" fetch --quiet origin "$commit" 2>/dev/null || :; done
fi
list() {
  printf '%s %s\n' "$1" "$(here rev-list --count "$2")"
  here ${LOG_WORDS} ${`--max-count=${LISTED}`} "$2"
}
for commit in ${from}; do
  if ! has "$commit" || ! has "$to"; then continue; fi
  printf 'range %s\n' "$commit"
  list added "$commit..$to"
  list removed "$to..$commit"
  ${diff ? sh`printf 'diff\n'; here ${DIFF_WORDS} "$commit" "$to" -- ${deployedPaths(stage)}; printf '\nend\n'` : sh`:`}
done
`
  return withWaitNotice(stage, withSilenceWatch(stage, asked))
    .env({ ...onlineEnv(stage), GIT_OPTIONAL_LOCKS: READ_ONLY_ENV.GIT_OPTIONAL_LOCKS })
    .title('list the commits')
    .timeout(answerLimit(stage) + stage.git.transferTimeout)
    .hint(gitHint({ stage }))
    .probe()
}

/** The ranges in the output of {@link rangeFact}, by their first commit. One whose commits the repository does not have is missing. */
export const parseRanges = (stdout: string): ReadonlyMap<string, CommitRange> =>
  new Map(
    stdout.split(/^range (?=[0-9a-f]{40,64}\n)/m).flatMap((part) => {
      const [, from, added, newest, removed, older, rest] =
        /^([0-9a-f]{40,64})\nadded (\d+)\n((?:commit .*\n)*)removed (\d+)\n((?:commit .*\n?)*)([^]*)$/.exec(part) ?? []
      if (from === undefined) return []
      const [, diff] = /^diff\n([^]*)\nend\n/.exec(rest!) ?? []
      const range: CommitRange = {
        added: { count: Number(added), newest: parseListed(newest!) },
        removed: { count: Number(removed), newest: parseListed(older!) },
        ...(diff === undefined ? {} : { diff: diff.replace(/\n+$/, '') }),
      }
      return [[from, range] as const]
    }),
  )

/** The commits that {@link LOG_WORDS} print, in their order. */
export const parseListed = (lines: string): readonly ListedCommit[] =>
  [...parseCommits(lines)].map(([commit, notes]) => ({ commit, ...notes }))
