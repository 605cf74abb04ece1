import { contained } from '../shell/command.ts'
import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { parseHold } from '../values/hold.ts'
import { HOLD_FILE, RELEASE_NAME, STATES_DIR } from '../values/layout.ts'
import type { Path } from '../values/path.ts'
import { isCommit } from '../values/commit.ts'
import { ENCLOSING, IRREGULAR, parseEnclosing, parseIrregular } from '../values/own-files.ts'
import { mirrorFact, parseMirror } from './mirror.ts'
import { PUT, valuesByKey } from './put.ts'
import { parseRecord, type ReleaseRecord } from './record.ts'
import { parseLog, releasesOf } from './release-facts.ts'
import type { HostFacts } from './types.ts'

/** For a shell: a pattern that fits the name of a release, {@link RELEASE_NAME}, and nothing else. */
const NAME = '[0-9]'.repeat(14)

export interface LayoutPaths {
  readonly deployTo: Path
  readonly releases: Path
  readonly current: Path
  readonly repo: Path
}

/**
 * Reads everything that the pipeline decides by, and changes nothing. Prints lines of `key value` for {@link parseLayout}. `wait`: runs
 * before anything is read that other runs change.
 */
export const layoutFact = (paths: LayoutPaths, wait?: Command): Command =>
  contained(
    sh`
LC_ALL=C; export LC_ALL
${raw(PUT)}
put home "$HOME"
put user "$(id -un)"
for tool in git tar flock timeout; do command -v "$tool" >/dev/null 2>&1 || printf 'missing %s\n' "$tool"; done
${mvFact()}
${wait ?? []}
${raw(IRREGULAR)}
irregular ${paths.deployTo}
printf '%s' "$irregulars"
current=${paths.current} releases=${paths.releases} states=${paths.deployTo.join(STATES_DIR)}
${raw(ENCLOSING)}
enclosing ${paths.deployTo}
if [ -n "$enclosing" ]; then put enclosing "$enclosing"; fi
set --
if [ -L "$current" ]; then
  put link "$(readlink "$current")"
  if [ -d "$current" ]; then echo 'exists yes'; fi
elif [ -d "$current" ]; then echo 'other a directory'
elif [ -e "$current" ]; then echo 'other a file'
fi
for dir in "$releases"/*; do
  name=${raw('${dir##*/}')}
  case $name in (${raw(NAME)}) ;; (*) continue ;; esac
  [ -d "$dir" ] || continue
  # another name of a release that is in this list already
  if [ -L "$dir" ]; then
    real=$(cd "$releases" && pwd -P)
    case $(cd "$dir" && pwd -P)/ in ("$real"/*) continue ;; esac
  fi
  if [ "$dir" -ef "$current" ]; then printf 'live %s\n' "$name"; fi
  revision=
  if [ -x "$dir" ] && [ ! -s "$dir/REVISION" ]; then revision=none; fi
  printf 'release %s %s\n' "$name" "$revision"
  if [ -e "$states/$name" ] || [ -L "$states/$name" ]; then printf 'record %s\n' "$name"; else continue; fi
  if [ -f "$states/$name" ] && [ ! -L "$states/$name" ]; then set -- "$@" "$states/$name"; fi
done
${othersFact(paths)}
${logFact(paths.deployTo.join('revisions.log'))}
${mirrorFact(paths.repo)}
# these come last, because the files may contain any lines
echo records
[ $# = 0 ] || head -c 2000 -- /dev/null "$@" 2>/dev/null || :
${revisionsFact()}
`
      .title('read the host')
      .probe(),
  )

/**
 * Whether mv knows -T. It is started only where nothing else shows that it is one of those on Linux that do: GNU's, which comes with
 * dircolors, or busybox's. (FreeBSD's does not, and there are such programs on Linux too.)
 */
const mvFact = (): Command => sh`
if [ -e /proc/self/ns ] && { command -v dircolors >/dev/null 2>&1 || [ /bin/mv -ef /bin/busybox ]; }; then echo 'mvT yes'
else case $(mv --help 2>&1) in *-T*) echo 'mvT yes' ;; esac
fi
`

/**
 * What is in each REVISION, that of `current` first, as one program prints several files: a `read` of the shell would read on, byte by byte,
 * in a file without a line break. So many bytes have room for a commit and its line break, not for a header and a commit: no file passes for
 * another one. They come after the records, so that none passes for a record either.
 */
const revisionsFact = (): Command => sh`
set --
for file in "$current/REVISION" "$releases"/${raw(NAME)}/REVISION; do
  if [ -f "$file" ] && [ -r "$file" ]; then set -- "$@" "$file"; fi
done
printf '\nrevisions\n'
[ $# = 0 ] || head -c 65 -- /dev/null "$@" 2>/dev/null || :`

/** Records without a release; temporary files, those with names that a run gives them; a lock that somebody holds. */
const othersFact = ({ deployTo }: LayoutPaths): Command => sh`
for file in "$states"/*; do
  name=${raw('${file##*/}')}
  case $name in (${raw(NAME)}) ;; (*) continue ;; esac
  if [ -f "$file" ] && [ ! -d "$releases/$name" ]; then printf 'orphan %s\n' "$name"; fi
done
dot=${deployTo.join('.shipit')}
for file in "$dot"/current-* "$dot"/record-* "$dot"/good-* "$dot"/archive.tar; do
  name=${raw('${file##*/}')}
  case $name in (current-${raw(NAME)} | record-${raw(NAME)} | good-${raw(NAME)} | archive.tar) ;; (*) continue ;; esac
  if [ -f "$file" ] || [ -L "$file" ]; then printf 'leftover %s\n' "$name"; fi
done
hold=${deployTo.join(HOLD_FILE)}
if [ -f "$hold" ] && [ ! -L "$hold" ]; then echo 'held yes'; head -c 2048 "$hold" 2>/dev/null | sed -n '1,3s/^/hold /p'; fi`

/** The newest entries of revisions.log, whose size `irregular` has read. */
const logFact = (log: Path): Command => sh`
if [ -f ${log} ] && [ -r ${log} ]; then
  entries() { sed -n -e 's/^Branch .* deployed as release \([0-9]\{14\}\) by \(.*\)$/log deploy \1 \2/p' -e 's/^\(.*\) rolled back to release \([0-9]\{14\}\)$/log back \2 \1/p'; }
  case $logged in
    ([0-9] | [0-9][0-9] | [0-9][0-9][0-9] | [0-9][0-9][0-9][0-9]) entries <${log} ;;
    (*) tail -n 500 ${log} | entries ;;
  esac
fi
`

/** The typed facts in the output of {@link layoutFact}. */
export const parseLayout = (stdout: string, releasesPath: string): Omit<HostFacts, 'commit'> => {
  const [lines = '', texts = ''] = splitAt(stdout, /^records\n/m)
  const [recordTexts, revisionTexts] = splitAt(texts, /^revisions\n/m)
  const values = valuesByKey(lines)
  const valueOf = (key: string) => values.get(key)?.[0]
  const home = valueOf('home') ?? ''
  const link = valueOf('link')
  // if deploy_to itself is a link, the text of `current` may differ: what counts is the directory that it leads to
  const live = link === undefined ? undefined : (valueOf('live') ?? releaseOf(link, releasesPath, home))
  const records = recordsIn(values.get('record') ?? [], recordTexts)
  const revisions = revisionsIn(revisionTexts)
  const other = valueOf('other')
  return {
    home,
    user: valueOf('user') ?? '',
    current:
      link !== undefined
        ? { kind: 'link', target: link, release: live, exists: valueOf('exists') === 'yes' }
        : other !== undefined
          ? { kind: 'other', what: other }
          : { kind: 'none' },
    revision: revisions.current,
    irregular: (values.get('irregular') ?? []).flatMap((line) => parseIrregular(line) ?? []),
    orphans: (values.get('orphan') ?? []).filter((name) => RELEASE_NAME.test(name)),
    leftovers: (values.get('leftover') ?? []).filter((name) => LEFTOVER.test(name)),
    releases: releasesOf({
      found: (values.get('release') ?? []).map((line) => {
        const [name = '', revision] = line.split(' ')
        return { name, revision: revisions.of.get(name), none: revision === 'none' }
      }),
      records,
      live,
      log: parseLog(values.get('log') ?? []),
    }),
    repo: parseMirror(values),
    enclosing: parseEnclosing(valueOf('enclosing') ?? ''),
    missing: values.get('missing') ?? [],
    mvT: valueOf('mvT') === 'yes',
    ...(valueOf('held') === 'yes' ? { hold: parseHold(values.get('hold') ?? []) } : {}),
  }
}

/** The record of each release that has one; undefined if it cannot be read. `texts`: what `head` printed of several files. */
const recordsIn = (names: readonly string[], texts: string): Map<string, ReleaseRecord | undefined> => {
  const [, ...parts] = texts.split(/^==> .*\/(\d{14}) <==\n/m)
  const read = new Map(parts.flatMap((name, i) => (i % 2 === 0 ? [[name, parts[i + 1]!.split('\n')] as const] : [])))
  return new Map(names.map((name) => [name, parseRecord(read.get(name) ?? [])]))
}

/** The commit in `current/REVISION`, and in that of each release, from what {@link revisionsFact} printed. */
const revisionsIn = (texts: string): { readonly current: string | undefined; readonly of: ReadonlyMap<string, string> } => {
  const of = new Map<string, string>()
  let current: string | undefined
  const [, ...parts] = texts.split(/^==> (.*)\/REVISION <==\n/m)
  for (let i = 0; i < parts.length; i += 2) {
    const name = parts[i]!.replace(/^.*\//, '')
    const [revision = ''] = parts[i + 1]!.split('\n', 1)
    if (!isCommit(revision)) continue
    if (RELEASE_NAME.test(name)) of.set(name, revision)
    else if (i === 0) current = revision
  }
  return { current, of }
}

/** What is before and after the first match. */
const splitAt = (text: string, mark: RegExp): readonly [string, string] => {
  const match = mark.exec(text)
  return match === null ? [text, ''] : [text.slice(0, match.index), text.slice(match.index + match[0].length)]
}

/** Temporary files that a run makes in `.shipit`. */
const LEFTOVER = /^(?:(?:current|record|good)-\d{14}|archive\.tar)$/

/** The release that a link names, if it points into the releases directory (Capistrano's links are absolute; a relative one counts too). */
const releaseOf = (target: string, releasesPath: string, home: string): string | undefined => {
  const expanded = releasesPath.startsWith('~/') ? `${home}/${releasesPath.slice(2)}` : releasesPath
  const match = /^(.*\/)(\d{14})\/?$/.exec(target)
  if (!match) return undefined
  const dir = match[1]!.replace(/\/+$/, '')
  return dir === expanded || (!dir.startsWith('/') && expanded.endsWith(`/${dir}`)) ? match[2] : undefined
}
