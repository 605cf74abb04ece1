import { command as make } from '../shell/command.ts'
import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { silenceSeconds, type GitStage } from './options.ts'

/** Printed when the watch ends git. A hint matches it. */
const NOTHING_CAME = 'nothing came from the git server'

/** The exit code of a step that the watch ended, the same as that of timeout(1). */
const SILENCE_EXIT = 124

/**
 * Ends git if it does nothing for `git.timeout`: it neither reads, writes nor computes. git itself has such a limit only for http. Over ssh
 * a server that hangs keeps the connection alive, and git:// has no limit at all. The watch compares the bytes and CPU time of the step's
 * git processes (proc(5): /proc/PID/io, /proc/PID/stat), not those of ssh, which exchanges keepalives with the server. A slow transfer
 * makes progress, and so does the work of git after it, without the network: both may take their time. If no git is running, for example
 * while the step waits for a lock, the time does not count. On a host without such files (not Linux), only `git.transferTimeout` ends git.
 *
 * The watch is a process beside the work. It ends with the work, and holds none of its files open except stderr.
 */
export const withSilenceWatch = (stage: GitStage, work: Command): Command => {
  const seconds = silenceSeconds(stage)
  const pause = Math.ceil(seconds / 4)
  const checks = Math.ceil(seconds / pause)
  const guarded = sh`
(
  set +e
  late=0 before= same=0 signal=TERM
  # an account's profile may ignore TERM, and what is ignored on entry cannot be trapped
  trap 'kill -s KILL "$!" 2>/dev/null; exit "$late"' TERM USR2
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
    if [ "$same" -ge ${checks} ]; then
      # the words come first: once git has ended, the step ends the watch
      [ "$late" != 0 ] || printf '%s for %s seconds\n' ${NOTHING_CAME} ${seconds} >&3
      late=${SILENCE_EXIT}
      kill -s "$signal" $git $ssh
      signal=KILL
    fi
  done
) 3>&2 </dev/null >/dev/null 2>&1 &
watch=$!
ended() {
  code=$? watch_code=0
  { kill "$watch" && kill -s USR2 "$watch"; } 2>/dev/null || :
  wait "$watch" 2>/dev/null || watch_code=$?
  [ "$code" = 0 ] || [ "$watch_code" != ${SILENCE_EXIT} ] || exit ${SILENCE_EXIT}
}
trap ended EXIT
(
${make({ parts: work.spec.parts })}
)
`
  return make({ ...work.spec, parts: guarded.spec.parts })
}
