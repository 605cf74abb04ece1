import type { Stage } from '../stage.ts'
import { quoteBin } from '../../shell/quote.ts'
import { raw } from '../../shell/raw.ts'
import { sh } from '../../shell/sh.ts'
import type { Command, Failed } from '../../shell/types.ts'
import type { StepsContext } from '../types.ts'
import { joinCommands } from '../join-commands.ts'
import { recordOf, recordPath, writeRecordOnFullDisk } from './release-record.ts'

/**
 * Removes releases, one after the other: records each as `removing`, removes its folder, then its record. A release that cannot be removed
 * keeps its record, is reported with the reason, and makes the command fail once the rest is gone. Read-only folders of our own are made
 * writable first; a release with something mounted in it is kept whole. Releases whose records need no room come first, because the disk
 * may be full.
 */
export const removeRelease = (c: StepsContext, names: readonly string[]): Command => {
  const facts = names.map((name) => ({ name, fact: c.layout.releases.find((one) => one.name === name) }))
  const incomplete = ({ fact }: (typeof facts)[number]) =>
    fact?.state === 'removing' || fact?.state === 'building' || fact?.state === 'failed'
  const inOrder = [...facts.filter(incomplete), ...facts.filter((one) => !incomplete(one))]
  return joinCommands(
    removeFunction(),
    ...inOrder.map(({ name, fact }) => {
      const mark = writeRecordOnFullDisk(c, name, recordOf(fact, 'removing'))
      const dir = c.paths.releases.join(name)
      // checked here, whatever the facts say is live
      return sh`if [ ${dir} -ef ${c.paths.current} ]; then printf '%s is left as it is: current leads to it\n' ${dir} >&2; status=1
elif ${mark}
then remove ${dir} ${recordPath(c, name)} || status=1
else printf '%s is left as it is: its removal cannot be recorded\n' ${dir} >&2; status=1
fi`
    }),
    sh`[ "$status" = 0 ]`,
  )
}

// $1: the folder, $2: its record. A folder that we may not enter is still found in the list of mounts, in which blanks and backslashes are
// octal (proc(5)).
const removeFunction = (): Command => sh`
status=0
mounts=$(cat /proc/self/mounts 2>/dev/null) || :
mounted() {
  at=
  cd -P "${raw('${1%/*}')}" 2>/dev/null || return 0
  there=$PWD/${raw('${1##*/}')}
  # a path without escapes is in the list as it is
  case $there in (*[[:space:]\\]*) ;; (*) case $mounts in (*" $there "* | *" $there/"*) ;; (*) return 0 ;; esac ;; esac
  while read -r _ where _; do
    case $where in *\\*) where=$(printf '%b' "$where") ;; esac
    case $where in ("$there" | "$there"/*) at=$where; return 0 ;; esac
  done 2>/dev/null </proc/self/mounts || :
}
remove() {
  mounted "$1"
  if [ -n "$at" ]; then
    printf '%s cannot be removed: %s is mounted in it\n' "$1" "$at" >&2
    return 1
  fi
  output=$(LC_ALL=C rm -rf "$1" 2>&1) || {
    [ -L "$1" ] || chmod -R u+rwX "$1" 2>/dev/null
    output=$(LC_ALL=C rm -rf "$1" 2>&1)
  } || {
    at=$(find "$1" ! -user "$(id -u)" 2>/dev/null | head -n 1)
    printf '%s cannot be removed: %s' "$1" "$(printf '%s\n' "$output" | head -n 1)" >&2
    if [ -n "$at" ]; then printf ' (%s belongs to %s)' "$at" "$(ls -ld "$at" | { read -r _ _ owner _; printf '%s' "$owner"; })" >&2; fi
    echo >&2
    return 1
  }
  rm -f "$2"
}
`

/** The remedy if a release cannot be removed. The folders are read from the step's output. */
export const removalHint =
  (stage: Pick<Stage, 'shipit'>) =>
  ({ stderr }: Failed): string => {
    const stuck = [...stderr.matchAll(/^(\/.*) cannot be removed: (.*)$/gm)].map(([, dir, why]) => ({ dir: dir!, why: why! }))
    const again = `then ${stage.shipit('deploy:cleanup')}; until then no rollback goes there`
    if (stuck.length === 0)
      return `make room first if the disk of this host is full (df -h; df -i). Then: ${stage.shipit('deploy:cleanup')}`
    const dirs = stuck.map(({ dir }) => quoteBin(dir)).join(' ')
    const first = stuck.some(({ why }) => /Operation not permitted/.test(why)) ? `sudo chattr -R -i ${dirs}; ` : ''
    const mounts = stuck.flatMap(({ why }) => /^(\/.*) is mounted in it$/.exec(why)?.[1] ?? [])
    if (mounts.length > 0) return `on that host: sudo umount ${mounts.map((at) => quoteBin(at)).join(' ')}; ${again}`
    return `on that host: ${first}sudo rm -rf ${dirs}; ${again}`
  }
