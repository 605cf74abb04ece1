import { LOCK_RUN_FILE } from '../values/layout.ts'
import { AROUND, IRREGULAR } from '../values/own-places.ts'

/** The file in `deploy_to/.shipit` that `flock` locks. It names the holder for the next run. */
export const LOCK_FILE = 'lock'

/**
 * Takes the lock, or finds out who holds it. The file's text is true while the keeper that it names is alive. Otherwise another program
 * holds the lock, and proc(5) is searched for it. Any account that can open a file can lock it, so only accounts that may write to its
 * folder can open this one. The text is not trusted: at most 2 kB of it are read, and each line is sent after a word of ours.
 */
export const LOCKING = `${IRREGULAR}
${AROUND}
${String.raw`held=
again=
place_lock() {
  case $dir in '~') dir=$HOME ;; '~/'*) dir=$HOME/@{dir#??} ;; esac
  f=$dir/.shipit/${LOCK_FILE}
}
lock() {
  place_lock
  e=$(irregular "$dir")
  [ -z "$e" ] || { printf '%s\n' "$e" | while IFS= read -r line; do say "$line"; done; say 'lock irregular'; return; }
  e=$(around "$dir" | sed -n '1s/^around //p')
  [ -z "$e" ] || { say "lock inside $e"; return; }
  [ -d "$dir/.shipit" ] || e=$(mkdir -p -- "$dir/.shipit" 2>&1) || { say "lock mkdir $(id -un) $e"; return; }
  command -v flock >/dev/null || { say 'lock flock'; return; }
  case $(ls -ld "$dir/.shipit") in d????w*) mode=660 mask=117 ;; *) mode=600 mask=177 ;; esac
  e=$(umask $mask; exec 2>&1; : 9<>"$f") || { say "lock open $(id -un) $e"; return; }
  chmod $mode "$f"
  exec 9<>"$f"
  # a run that has just ended may not have let go yet
  n=5
  until e=$(flock -n 9 2>&1); do
    n=$((n - 1))
    [ "$n" -gt 0 ] || break
    sleep 0.1
  done
  [ "$n" -gt 0 ] || e=$(flock -n 9 2>&1)
  case $? in
  0) ;;
  1) exec 9>&-; holder; return ;;
  *) exec 9>&-; say "lock failed $e"; return ;;
  esac
  e=$( { note && printf '%s\n' "$run" >"$dir/${LOCK_RUN_FILE}"; } 2>&1) || { exec 9>&-; say "lock write $e"; return; }
  held=$dir/${LOCK_RUN_FILE}
  say 'lock taken'
}
# a link that came in its place meanwhile is somebody else's
note() {
  [ ! -L "$f" ] || return 1
  printf '%s\n' "$run" "$owner" "$what" "$since" "@{self:+keeper $self $$}" "$@" end >"$f"
}
# somebody has removed the folder meanwhile, and another run has taken a new lock there: both files are that run's
replaced() {
  [ -f "$held" ] && [ ! -L "$held" ] || return 1
  x=
  { IFS= read -r x <"$held"; } 2>/dev/null
  [ -n "$x" ] && [ "$x" != "$run" ]
}
# not by the colon, whose redirection ends the shell where it fails: on a disk that is read-only by now
unmark() {
  [ ! -f "$held" ] || [ -L "$held" ] || replaced || printf '' >"$held"
}
# what could not be ended is named in the lock's text, which is held as long as that lives
linger() {
  said=
  while there; do
    if [ "$seen" != "$said" ]; then
      said=$seen
      pids
      set --
      for p in $list; do set -- "$@" "left $(who "$p")"; done
      ! replaced || break
      note "$@"
    fi
    sleep 1
  done
}
holder() {
  n=5
  while c=$(dd if="$f" bs=2048 count=1); do
    case $c in *'
end') break ;; esac
    [ "$n" -gt 0 ] || break
    n=$((n - 1))
    sleep 0.1
  done
  k=$(printf '%s\n' "$c" | sed -n '5s/^keeper \([0-9]* [0-9]* [0-9]*\)$/\1/p')
  if runs $k; then
    [ -z "$again" ] || [ "$run" != "@{c%%
*}" ] || { kill -s TERM $d "-@{k##* }"; kill -s CONT $d "-@{k##* }"; }
    printf '%s\n' "$c" | while IFS= read -r line; do say "holder $line"; done
    say "lock held $(halted "@{k##* }")"
  else
    say "lock foreign $(foreign)"
  fi
}
# is the keeper that is named the one that runs? Of one that wrote no name the other file says so.
runs() {
  [ -n "$1" ] || { [ -s "$dir/${LOCK_RUN_FILE}" ]; return; }
  if [ -r "/proc/$1/stat" ]; then stat "$1" && [ "$start" = "$2" ]; else case $(kill -s 0 "$1" 2>&1) in *ermitted*) ;; *) return 1 ;; esac; fi
}
# what of that keeper was stopped (SIGSTOP): as long as it is, it cannot let go
halted() {
  [ -z "$1" ] || stats | awk -v group="$1" '{ pid = $1; sub(/^.*[)] /, ""); if ($3 == group && $1 ~ /^[Tt]/) { printf "%s%s", n++ ? " " : "", pid } }'
}
foreign() {
  set -- $(ls -id "$f")
  while read -r x kind x x pid where x; do
    case $kind:$where in FLOCK:*:$1) ! stat "$pid" || { who "$pid"; return; } ;; esac
  done </proc/locks
  # flock(1) that locks a descriptor for its shell ends at once
  for x in /proc/[0-9]*/fd/*; do
    [ "$x" -ef "$f" ] || continue
    x=@{x#/proc/}
    who "@{x%%/*}"
    return
  done
}
`.replaceAll('@{', '${')}`
