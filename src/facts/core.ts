import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { RELEASE_NAME, STATES_DIR } from '../values/layout.ts'
import type { Path } from '../values/path.ts'
import { isCommit } from '../values/commit.ts'
import { AROUND, IRREGULAR, parseAround, parseIrregular } from '../values/own-places.ts'
import { mirrorFact, parseMirror } from './mirror.ts'
import { parseRecord, type ReleaseRecord } from './record.ts'
import { parseLog, releasesOf } from './releases.ts'
import type { HostFacts } from './types.ts'

export interface LayoutPaths {
  readonly deployTo: Path
  readonly releases: Path
  readonly current: Path
  readonly repo: Path
}

/** Reads everything that the pipeline decides by, and changes nothing. Prints lines of `key value` for {@link parseLayout}. */
export const layoutFact = (paths: LayoutPaths): Command =>
  sh`
LC_ALL=C; export LC_ALL
printf 'home %s\n' "$HOME"
printf 'user %s\n' "$(id -un)"
for tool in git tar flock timeout; do command -v "$tool" >/dev/null 2>&1 || printf 'missing %s\n' "$tool"; done
case $(mv --help 2>&1) in *-T*) echo 'mvT yes' ;; esac
${raw(IRREGULAR)}
irregular ${paths.deployTo}
current=${paths.current} releases=${paths.releases} states=${paths.deployTo.join(STATES_DIR)}
real=$(cd "$releases" 2>/dev/null && pwd -P) || real=none
${raw(AROUND)}
around ${paths.deployTo}
if [ -L "$current" ]; then
  printf 'link %s\n' "$(readlink "$current")"
  if [ -d "$current" ]; then echo 'exists yes'; fi
elif [ -d "$current" ]; then echo 'other a directory'
elif [ -e "$current" ]; then echo 'other a file'
fi
if [ -r "$current/REVISION" ]; then IFS= read -r line < "$current/REVISION" || :; printf 'revision %s\n' "$line"; fi
for dir in "$releases"/*; do
  name=${raw('${dir##*/}')}
  case $name in ([0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]) ;; (*) continue ;; esac
  [ -d "$dir" ] || continue
  # another name of a release that is in this list already
  if [ -L "$dir" ]; then case $(cd "$dir" && pwd -P)/ in ("$real"/*) continue ;; esac; fi
  if [ "$dir" -ef "$current" ]; then printf 'live %s\n' "$name"; fi
  revision=-
  if [ -r "$dir/REVISION" ]; then IFS= read -r revision < "$dir/REVISION" || :; fi
  printf 'release %s %s\n' "$name" "$revision"
  if [ -e "$states/$name" ] || [ -L "$states/$name" ]; then printf 'record %s\n' "$name"; else continue; fi
  if [ -f "$states/$name" ] && [ ! -L "$states/$name" ]; then
    head -c 2000 "$states/$name" 2>/dev/null | while IFS= read -r line || [ -n "$line" ]; do printf 'record %s %s\n' "$name" "$line"; done
  fi
done
for file in "$states"/*; do
  name=${raw('${file##*/}')}
  if [ -f "$file" ] && [ ! -d "$releases/$name" ]; then printf 'orphan %s\n' "$name"; fi
done
dot=${paths.deployTo.join('.shipit')}
for file in "$dot"/current-* "$dot"/record-* "$dot"/good-* "$dot"/archive.tar; do
  name=${raw('${file##*/}')}
  if [ -f "$file" ] || [ -L "$file" ]; then printf 'leftover %s\n' "$name"; fi
done
if [ -f ${paths.deployTo.join('revisions.log')} ] && [ -r ${paths.deployTo.join('revisions.log')} ]; then
  tail -n 500 ${paths.deployTo.join('revisions.log')} | sed -n -e 's/^Branch .* deployed as release \([0-9]\{14\}\) by .*/log deploy \1/p' -e 's/^\(.*\) rolled back to release \([0-9]\{14\}\)$/log back \2 \1/p'
fi
${mirrorFact(paths.repo)}
`
    .title('read the host')
    .probe()

/** The typed facts in the output of {@link layoutFact}. */
export const parseLayout = (stdout: string, releasesPath: string): Omit<HostFacts, 'commit'> => {
  const all = new Map<string, string[]>()
  for (const line of stdout.split('\n')) {
    const space = line.indexOf(' ')
    if (space < 0) continue
    const key = line.slice(0, space)
    all.set(key, [...(all.get(key) ?? []), line.slice(space + 1)])
  }
  const one = (key: string) => all.get(key)?.[0]
  const home = one('home') ?? ''
  const link = one('link')
  // if deploy_to itself is a link, the text of `current` may differ: what counts is the directory that it leads to
  const live = link === undefined ? undefined : (one('live') ?? releaseOf(link, releasesPath, home))
  const records = recordsIn(all.get('record') ?? [])
  const other = one('other')
  return {
    home,
    user: one('user') ?? '',
    current:
      link !== undefined
        ? { kind: 'link', target: link, release: live, exists: one('exists') === 'yes' }
        : other !== undefined
          ? { kind: 'other', what: other }
          : { kind: 'none' },
    revision: hexOrNone(one('revision')),
    irregular: (all.get('irregular') ?? []).flatMap((line) => parseIrregular(line) ?? []),
    orphans: (all.get('orphan') ?? []).filter((name) => RELEASE_NAME.test(name)),
    leftovers: (all.get('leftover') ?? []).filter((name) => LEFTOVER.test(name)),
    releases: releasesOf({
      found: (all.get('release') ?? []).map((line) => {
        const [name = '', revision] = line.split(' ')
        return { name, revision: hexOrNone(revision) }
      }),
      records,
      live,
      log: parseLog(all.get('log') ?? []),
    }),
    repo: parseMirror(all),
    around: parseAround(one('around') ?? ''),
    missing: all.get('missing') ?? [],
    mvT: one('mvT') === 'yes',
  }
}

/** The record of each release that has one; undefined if it cannot be read. */
const recordsIn = (lines: readonly string[]): Map<string, ReleaseRecord | undefined> => {
  const texts = new Map<string, string[]>()
  for (const line of lines) {
    const name = line.slice(0, 14)
    texts.set(name, [...(texts.get(name) ?? []), ...(line.length > 14 ? [line.slice(15)] : [])])
  }
  return new Map([...texts].map(([name, text]) => [name, parseRecord(text)]))
}

/** Temporary files that a run makes in `.shipit`. */
const LEFTOVER = /^(?:(?:current|record|good)-\d{14}|archive\.tar)$/

const hexOrNone = (text: string | undefined): string | undefined => (text !== undefined && isCommit(text) ? text : undefined)

/** The release that a link names, if it points into the releases directory (Capistrano's links are absolute; a relative one counts too). */
const releaseOf = (target: string, releasesPath: string, home: string): string | undefined => {
  const expanded = releasesPath.startsWith('~/') ? `${home}/${releasesPath.slice(2)}` : releasesPath
  const match = /^(.*\/)(\d{14})\/?$/.exec(target)
  if (!match) return undefined
  const dir = match[1]!.replace(/\/+$/, '')
  return dir === expanded || (!dir.startsWith('/') && expanded.endsWith(`/${dir}`)) ? match[2] : undefined
}
