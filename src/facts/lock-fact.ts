import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { LOCK_RUN_FILE } from '../values/layout.ts'
import type { Path } from '../values/path.ts'

/** The run that holds the lock; halted: stopped processes of its keeper; since: seconds since the epoch, its client's clock. */
export interface LockFact {
  readonly owner: string
  readonly what: string
  readonly since: number
  readonly halted?: readonly number[]
}

/**
 * Prints lines of `lock VALUE` for {@link parseLock}, without trying to take the lock. It is held if the keeper that its file names is
 * alive. A lock of an older version is held if it is in /proc/locks (proc(5)), or if a process has it open on descriptor 9.
 */
export const lockFact = (deployTo: Path): Command => sh`
lock=${deployTo.join('.shipit/lock')}
held() {
  keeper=$(sed -n '5s/^keeper \([0-9]* [0-9]*\) .*/\1/p' "$lock")
  case $keeper in (?*)
    set -- $keeper
    began=$(sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20)
    [ "$began" = "$2" ]
    return
  ;; esac
  inode=$(ls -id "$lock") || return 1
  set -- $inode
  if grep -q "FLOCK .*:$1 0 EOF" /proc/locks; then return 0; fi
  for fd in /proc/[0-9]*/fd/9; do
    if [ "$fd" -ef "$lock" ]; then return 0; fi
  done
  return 1
}
if [ -f "$lock" ] && [ ! -L "$lock" ] && [ -n "$(head -n 1 ${deployTo.join(LOCK_RUN_FILE)} 2>/dev/null)" ] && held 2>/dev/null; then
  sed -n '1,4s/^/lock /p' "$lock"
  group=$(sed -n '5s/^keeper [0-9]* [0-9]* //p' "$lock")
  if [ -n "$group" ]; then
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v group="$group" '{ pid = $1; sub(/^.*[)] /, ""); if ($3 == group && $1 ~ /^[Tt]/) print "halted " pid }'
  fi
fi
`

/** The holder in the output of {@link lockFact}; undefined if no run holds the lock. */
export const parseLock = (valuesOf: (key: string) => readonly string[]): LockFact | undefined => {
  const [, owner, what, since] = valuesOf('lock')
  const halted = valuesOf('halted').map(Number)
  return owner === undefined ? undefined : { owner, what: what ?? '', since: Number(since), ...(halted.length > 0 ? { halted } : {}) }
}
