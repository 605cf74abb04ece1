import { HOLD_FILE, LOCK_RUN_FILE } from '../../../values/layout.ts'
import { ENCLOSING, IRREGULAR } from '../../../values/own-files.ts'

/** The file in `deploy_to/.shipit` that `flock` locks. It names the holder for the next run. */
export const LOCK_FILE = 'lock'

/**
 * Takes the lock, or finds out who holds it. The file's text is true while the keeper that it names is alive. Otherwise another program
 * holds the lock, and proc(5) is searched for it. Any account that can open a file can lock it, so only accounts that may write to its
 * folder can open this one. The text is not trusted: at most 2 kB of it are read, and each line is sent after a word of ours.
 */
export const LOCKING = `${IRREGULAR}
${ENCLOSING}
${String.raw`held=
again=
blank='
'
while [ "@{#blank}" -lt 2048 ]; do blank=$blank$blank; done
place_lock() {
  case $dir in '~') dir=$HOME ;; '~/'*) dir=$HOME/@{dir#??} ;; esac
  f=$dir/.shipit/${LOCK_FILE}
}
lock() {
  place_lock
  irregular "$dir"
  [ -z "$irregulars" ] || { printf '%s' "$irregulars" | while IFS= read -r line; do say "$line"; done; say 'lock irregular'; return; }
  enclosing "$dir"
  [ -z "$enclosing" ] || { say "lock inside $enclosing"; return; }
  [ -d "$dir/.shipit" ] || e=$(mkdir -p -- "$dir/.shipit" 2>&1) || { say "lock mkdir $(id -un) $e"; return; }
  command -v flock >/dev/null || { say 'lock flock'; return; }
  [ -n "$modes" ] || modes=$(ls -ld "$dir/.shipit")
  case $modes in d????w*) mode=660 mask=117 is=rw-rw---- ;; *) mode=600 mask=177 is=rw------- ;; esac
  # of files that are as they should be, the shell itself can tell
  case $modes in
  *" -$is" | *" -$is.") [ -r "$f" ] && [ -w "$f" ] || modes= ;;
  *) modes= ;;
  esac
  [ -n "$modes" ] || { e=$(umask $mask; exec 2>&1; : 9<>"$f") || { say "lock open $(id -un) $e"; return; }; share "$f"; }
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
  # somebody holds it until it is unlocked: as long as this file is there, no run begins
  if [ -e "$dir/${HOLD_FILE}" ]; then
    exec 9>&-
    dd if="$dir/${HOLD_FILE}" bs=2048 count=1 | while IFS= read -r line || [ -n "$line" ]; do say "holder $line"; done
    say 'lock hold'
    return
  fi
  held=$dir/${LOCK_RUN_FILE}
  # the run of another account of the group writes it, too
  case $marked in "-$is" | "-$is.") ;; *) [ -e "$held" ] || (umask $mask; : >>"$held"); share "$held" ;; esac
  note_both || e=$(note_both 2>&1) || {
    set -- "$e" $(ls -ld "$held") - - - -
    exec 9>&-
    held=
    say "lock write $(id -un) $4 $1"
    return
  }
  # this distinguishes a keeper from any other process that holds the lock, whatever the text in the lock is
  exec 8<>"$held"
  say 'lock taken'
}
# gives one of its files the mode that its folder calls for, and in a folder that accounts share their group; its owner alone can
share() {
  chmod $mode "$1"
  [ $mode = 600 ] || { set -- "$1" $(ls -ld "$dir/.shipit"); chgrp "$5" "$1"; }
}
note_both() {
  note && printf '%s\n' "$run" "$blank" 1<>"$dir/${LOCK_RUN_FILE}"
}
# Both files are written in place, with so many empty lines behind the text that nothing of an older one is read: where the disk is full, a
# file that was emptied would get no room any more, and no run could free some. A link that came in its place meanwhile is somebody else's.
note() {
  [ ! -L "$f" ] || return 1
  printf '%s\n' "$run" "$owner" "$what" "$since" "@{self:+keeper $self $$}" "$@" end "$blank" 1<>"$f"
}
# whether somebody removed the folder and another run took a new lock there: then both files are that run's
replaced() {
  [ -f "$held" ] && [ ! -L "$held" ] || return 1
  x=
  { IFS= read -r x <"$held"; } 2>/dev/null
  [ -n "$x" ] && [ "$x" != "$run" ]
}
# not by the colon, whose redirection ends the shell where it fails: on a disk that is read-only by now
unmark() {
  [ ! -f "$held" ] || [ -L "$held" ] || replaced || printf '%s\n' "$blank" 1<>"$held"
}
# what could not be ended is named in the lock's text, which is held as long as that lives
linger() {
  noted=
  while there; do
    if [ "$seen" != "$noted" ]; then
      noted=$seen
      pids
      set --
      for p in $list; do set -- "$@" "left $(describe "$p" 200)"; done
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
    x=$(foreign)
    if keeps "@{x%% *}"; then say 'lock held'; else say "lock foreign $x"; fi
  fi
}
# is the keeper that the lock names still running? If it wrote no name, the other file decides.
runs() {
  [ -n "$1" ] || { x=; read -r x <"$dir/${LOCK_RUN_FILE}"; [ -n "$x" ]; return; }
  if [ -r "/proc/$1/stat" ]; then stat "$1" && [ "$start" = "$2" ]; else case $(kill -s 0 "$1" 2>&1) in *ermitted*) ;; *) return 1 ;; esac; fi
}
# the stopped processes of that keeper (SIGSTOP): until they continue, it cannot release the lock
halted() {
  [ -z "$1" ] || stats | awk -v group="$1" '{ pid = $1; sub(/^.*[)] /, ""); if ($3 == group && $1 ~ /^[Tt]/) { printf "%s%s", n++ ? " " : "", pid } }'
}
# whether a process is a keeper, by the descriptors that it holds
keeps() {
  [ "/proc/$1/fd/9" -ef "$f" ] && [ "/proc/$1/fd/8" -ef "$dir/${LOCK_RUN_FILE}" ]
}
foreign() {
  set -- $(ls -id "$f")
  while read -r x kind x x pid where x; do
    case $kind:$where in FLOCK:*:$1) ! stat "$pid" || { describe "$pid"; return; } ;; esac
  done </proc/locks
  # flock(1) that locks a descriptor for its shell ends at once
  for x in /proc/[0-9]*/fd/*; do
    [ "$x" -ef "$f" ] || continue
    x=@{x#/proc/}
    describe "@{x%%/*}"
    return
  done
}
`.replaceAll('@{', '${')}`
