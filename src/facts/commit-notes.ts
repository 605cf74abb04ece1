import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'

/** What git knows about a commit. */
export interface CommitNotes {
  readonly subject: string
  readonly author: string
  /** when it was written, seconds since the epoch */
  readonly written: number
}

/** The words of a `git log` whose output is for {@link parseCommits}: one line a commit. */
export const LOG_WORDS: readonly string[] = ['log', '-s', '--no-color', '--format=commit %H %at %an%x09%s']

/**
 * Settings of the repository that would make git start another program or ask the network: a key is not verified, and what a partial
 * clone has left out is not fetched.
 */
export const READ_ONLY: readonly string[] = ['-c', 'log.showSignature=false', '-c', 'i18n.logOutputEncoding=UTF-8']
export const READ_ONLY_ENV = { GIT_OPTIONAL_LOCKS: '0', GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0' } as const

/** Shell: prints what the repository `$repo` knows about the commits in `$revisions`. Those that it does not have are left out. */
export const commitNotesFact = (): Command => sh`
if [ -n "$revisions" ] && [ -d "$repo/objects" ] && command -v git >/dev/null 2>&1; then
  printf '%s\n' "$revisions" |
    ${raw(envWords())} git --git-dir "$repo" ${READ_ONLY} ${LOG_WORDS} --no-walk=unsorted --ignore-missing --stdin 2>/dev/null || :
fi`

const envWords = (): string =>
  Object.entries(READ_ONLY_ENV)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')

/** The commits in the output of {@link LOG_WORDS}, in its order. */
export const parseCommits = (stdout: string): ReadonlyMap<string, CommitNotes> =>
  new Map(
    stdout.split('\n').flatMap((line) => {
      const [, commit, at, author, subject] = /^commit ([0-9a-f]{40}|[0-9a-f]{64}) (\d+) ([^\t]*)\t(.*)$/.exec(line) ?? []
      return commit === undefined ? [] : [[commit, { subject: subject!, author: author!, written: Number(at) }] as const]
    }),
  )
