/** Ends what {@link MEMBERS} finds: TERM, then KILL after the grace, both also as root if sudo allows it. */
// sudo forwards TERM to what it runs as root, but cannot forward KILL: a process that survives KILL belongs to another user.
export const ENDING = String.raw`pids() {
  list=
  for word in $seen; do list="$list @{word%:*}"; done
}
signal() {
  pids
  [ -z "$list" ] || case $(kill -s "$1" $list 2>&1) in *ermitted*) as_root "$1" $list ;; esac
  [ -z "$blind" ] || for g in $of; do case $(kill -s "$1" $d "-$g" 2>&1) in *ermitted*) as_root "$1" "-$g" ;; esac; done
}
as_root() {
  s=$1
  shift
  sudo -n kill -s "$s" -- "$@" </dev/null >/dev/null
}
# where not all processes are visible, a group that may not be signalled is alive
there() {
  members
  [ -z "$seen" ] || return 0
  [ -n "$blind" ] && [ -z "$ended" ] || return 1
  for g in $of; do
    case $(kill -s 0 $d "-$g" 2>&1) in *'o such'*) continue ;; esac
    [ -r /proc/1/stat ] || return 0
    cat /proc/[0-9]*/stat | grep -q ") [^ZX] [0-9]* $g " && return 0
  done
  return 1
}
gone() {
  n=$1
  sleep 0.02
  while there; do
    [ "$n" -gt 0 ] || return 1
    n=$((n - 1))
    sleep 0.1 || { sleep 1; n=$((n - 9)); }
  done
}
end() {
  [ -r /proc/1/stat ] || blind=1
  there || return 0
  signal TERM
  gone GRACE && return
  signal KILL
  gone 5 && return
  pids
  as_root KILL $list
  [ -z "$blind" ] || for g in $of; do as_root KILL "-$g"; done
  gone 20
}
# pid, account and command of a process, for people: at most 1000 bytes of it, or the second argument, cut between words, because a part of a word
# cannot be recognized as part of a secret
describe() {
  w=$(ls -ld "/proc/$1" || sudo -n ls -ld "/proc/$1" </dev/null) || return 1
  c=$( { cat "/proc/$1/cmdline" || sudo -n cat "/proc/$1/cmdline" </dev/null; } | tr '\0\n\t' '   ' | dd bs=$((@{2:-1000} + 1)) count=1)
  x=$(printf '%s' "$c" | dd bs=@{2:-1000} count=1)
  [ "$x" = "$c" ] || case $x in *' '*) c=@{x% *} ;; *) c= ;; esac
  [ -n "$c" ] || read -r c <"/proc/$1/comm"
  p=$1
  set -f
  set -- $w
  set +f
  printf '%s %s %s' "$p" "$3" "$c"
}
report() {
  pids
  for p in $list; do say "still $1 $(describe "$p")"; done
}
answer() {
  if end; then say "ended $of"; else report "$of"; say "left $of"; fi
}
`.replaceAll('@{', '${')
