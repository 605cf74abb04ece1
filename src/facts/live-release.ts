import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import type { Path } from '../values/path.ts'
import { PUT, valuesByKey } from './put.ts'
import { fact, type Fact } from './fact.ts'

export interface LivePaths {
  readonly deployTo: Path
  readonly current: Path
  readonly shared: Path
}

/** What the live release shows about the settings that it was deployed with. */
export interface LiveRelease {
  /** paths in the release that are links to the same path in shared */
  readonly linkedFiles: readonly string[]
  readonly linkedDirs: readonly string[]
  /** links to another path in shared: a task made them */
  readonly otherLinks: readonly string[]
  /** links to a file in shared that is not there */
  readonly dangling: readonly string[]
  /** whether all of the release was looked at */
  readonly complete: boolean
  /** the first line of its .ruby-version */
  readonly ruby: string | undefined
  /** of the last deploy, by revisions.log */
  readonly branch: string | undefined
  /** how many deploys revisions.log has */
  readonly deploys: number
  /** whether it has the folder that was asked about */
  readonly hasFolder: boolean
}

/** How many links of a release are looked at. */
const MOST = 2000

/** Reads the links of the live release, and what is written about its deploys. `folder`: one that it may have. */
export const liveReleaseFact = (paths: LivePaths, folder = '.'): Fact<LiveRelease> =>
  fact(look(paths, folder), ({ stdout }) => parseLiveRelease(stdout))

const look = ({ deployTo, current, shared }: LivePaths, folder: string): Command =>
  sh`
LC_ALL=C; export LC_ALL
${raw(PUT)}
written=${shared}
shared=$(cd "$written" 2>/dev/null && pwd -P) || shared=$written
log=${deployTo.join('revisions.log')}
if [ -f "$log" ] && [ -r "$log" ]; then
  put deploys "$(grep -c '^Branch .* deployed as release ' "$log")"
  put branch "$(tail -n 50 "$log" | sed -n 's/^Branch \(.*\) (at [0-9a-f]*) deployed as release .*/\1/p' | tail -n 1)"
fi
cd ${current} || exit 0
cd "$(pwd -P)"
if [ -d ./${folder} ]; then put folder yes; fi
if [ -f .ruby-version ]; then put ruby "$(head -c 64 .ruby-version | sed -n 1p)"; fi
links=$(timeout 5 find . -maxdepth 6 -type d ${['(', '-name', 'node_modules', '-o', '-name', '.git', '-o', '-path', './vendor/bundle', ')']} -prune -o -type l -print 2>/dev/null) && put complete yes
printf '%s\n' "$links" | {
  rest=${MOST}
  while IFS= read -r at; do
    [ -n "$at" ] || continue
    if [ "$rest" = 0 ]; then put partial yes; break; fi
    rest=$((rest - 1))
    link=${raw('${at#./}')}
    # it is gone, or a part of a name with a line break
    if ! [ -L "$at" ]; then put partial yes
    elif [ "$at" -ef "$shared/$link" ]; then
      if [ -d "$at" ]; then put dir "$link"; else put file "$link"; fi
    else
      to=$(readlink "$at") || continue
      case $to in
        ("$shared/$link" | "$written/$link") put dangling "$link" ;;
        ("$shared"/* | "$written"/*) put other "$link" ;;
      esac
    fi
  done
}
`
    .timeout('20s')
    .title('look at the live release')
    .probe()

/** The typed facts in the output of {@link liveReleaseFact}. */
const parseLiveRelease = (stdout: string): LiveRelease => {
  const values = valuesByKey(stdout)
  const valuesOf = (key: string) => (values.get(key) ?? []).filter((value) => value !== '').sort()
  return {
    linkedFiles: valuesOf('file'),
    linkedDirs: valuesOf('dir'),
    otherLinks: valuesOf('other'),
    dangling: valuesOf('dangling'),
    complete: valuesOf('complete').length > 0 && valuesOf('partial').length === 0,
    ruby: valuesOf('ruby')[0]?.trim(),
    branch: valuesOf('branch')[0],
    deploys: Number(valuesOf('deploys')[0] ?? 0),
    hasFolder: valuesOf('folder').length > 0,
  }
}
