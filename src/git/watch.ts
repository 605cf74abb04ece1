import { command as make } from '../shell/command.ts'
import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { patience, type GitStage } from './words.ts'

/** What is printed when git is ended; a hint looks for it. */
const NOTHING_CAME = 'nothing came from the git server'

/** The exit code of a step that was ended so, as timeout(1) has it. */
const LATE = 124

/**
 * Ends git where it does nothing for `git.timeout`: it neither reads, nor writes, nor computes. git has such a limit for http alone. Over ssh
 * a server that hangs keeps the connection alive, and git:// has no limit at all. What counts are the bytes and the time of the step's git
 * processes (proc(5): /proc/PID/io, /proc/PID/stat), not those of ssh, which exchanges signs of life with the server. A slow transfer
 * moves, and so does what git does after it, without the network: both may take their time. A git that is not running is not silent: the
 * step waits for a lock, say. Where the host has no such files (no Linux), only `git.transferTimeout` ends it.
 *
 * The watch is a process beside the work. It ends with it, and holds none of its files open but its stderr.
 */
export const watched = (stage: GitStage, work: Command): Command => {
  const seconds = patience(stage)
  const pause = Math.ceil(seconds / 4)
  const looks = Math.ceil(seconds / pause)
  const guarded = sh`
(
  set +e
  late=0 before= same=0 signal=TERM
  trap 'kill "$!" 2>/dev/null; exit "$late"' TERM
  read -r line </proc/self/stat || exit 0
  set -- ${raw('${line##*) }')}
  parent=$2 group=$3
  while kill -s 0 "$parent"; do
    sleep ${pause} &
    wait "$!"
    now= git= ssh=
    for dir in /proc/[0-9]*; do
      read -r line <"$dir/stat" || continue
      set -- ${raw('${line##*) }')}
      [ "$3" = "$group" ] || continue
      case $line in
        (*' (git'*)
          now="$now $dir ${raw('${12} ${13}')}" git="$git ${raw('${dir#/proc/}')}"
          while read -r key value; do case $key in (rchar: | wchar:) now="$now $value" known=$dir ;; esac; done <"$dir/io"
          [ "$known" = "$dir" ] || [ ! -d "$dir" ] || exit 0
          ;;
        (*' (ssh) '*) ssh="$ssh ${raw('${dir#/proc/}')}" ;;
      esac
    done
    if [ -n "$git" ] && [ "$now" = "$before" ]; then same=$((same + 1)); else same=0; fi
    before=$now
    if [ "$same" -ge ${looks} ]; then
      late=${LATE}
      kill -s "$signal" $git $ssh
      signal=KILL
      printf '%s for %s seconds\n' ${NOTHING_CAME} ${seconds} >&3
    fi
  done
) 3>&2 </dev/null >/dev/null 2>&1 &
watch=$!
ended() {
  code=$? said=0
  kill "$watch" 2>/dev/null || :
  wait "$watch" 2>/dev/null || said=$?
  [ "$code" = 0 ] || [ "$said" != ${LATE} ] || exit ${LATE}
}
trap ended EXIT
(
${make({ parts: work.spec.parts })}
)
`
  return make({ ...work.spec, parts: guarded.spec.parts })
}
