import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { commitNotesFact, parseCommits, type CommitNotes } from './commit-notes.ts'
import type { LayoutPaths } from './layout-fact.ts'
import { lockFact, parseLock, type LockFact } from './lock-fact.ts'
import { PUT, valuesByKey } from './put.ts'

/** What the commands that look at the hosts read besides the layout. */
export interface LookFacts {
  /** seconds since the epoch, the host's clock */
  readonly now: number | undefined
  /** when `current` was last switched, by the same clock; undefined if there is no link, or stat(1) does not show it */
  readonly switched: number | undefined
  /** the folder of the releases without links, as processes that run in it show it; undefined if there is none */
  readonly releases: string | undefined
  readonly lock: LockFact | undefined
  /** what the mirror knows about the commits of the releases */
  readonly commits: ReadonlyMap<string, CommitNotes>
}

/** For a shell: the name of a release. */
const NAME = '[0-9]'.repeat(14)

/** Reads it, and changes nothing. Prints lines for {@link parseLook}. */
export const lookFact = ({ deployTo, releases, current, repo }: LayoutPaths): Command =>
  sh`
LC_ALL=C; export LC_ALL
${raw(PUT)}
put now "$(date +%s)"
if [ -L ${current} ]; then put switched "$(stat -c %Y ${current} 2>/dev/null)"; fi
put releases "$(cd ${releases} 2>/dev/null && pwd -P)"
${lockFact(deployTo)}
repo=${repo}
set --
for file in ${current}/REVISION ${releases}/${raw(NAME)}/REVISION; do
  if [ -f "$file" ] && [ -r "$file" ]; then set -- "$@" "$file"; fi
done
revisions=
if [ $# -gt 0 ]; then revisions=$(head -c 65 -- "$@" 2>/dev/null | grep -xE '[0-9a-f]{40}|[0-9a-f]{64}' | sort -u) || :; fi
echo commits
${commitNotesFact()}
`
    .title('look at the host')
    .probe()

/** The typed facts in the output of {@link lookFact}. */
export const parseLook = (stdout: string): LookFacts => {
  const [facts = '', commits = ''] = stdout.split(/^commits\n/m)
  const values = valuesByKey(facts)
  const valuesOf = (key: string) => values.get(key) ?? []
  const seconds = (key: string): number | undefined => {
    const [text = ''] = valuesOf(key)
    return /^[1-9]\d*$/.test(text) ? Number(text) : undefined
  }
  return {
    now: seconds('now'),
    switched: seconds('switched'),
    releases: valuesOf('releases')[0] || undefined,
    lock: parseLock(valuesOf),
    commits: parseCommits(commits),
  }
}
