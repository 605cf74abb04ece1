# Runs in its own session, so that no step waits for it, for two hours at most. Every two seconds it checks that the run still has its file
# and its lock. A killed run leaves the file but not the lock; nothing else would end the silence then, so this does. A request sent while
# the run ends is taken back. Arguments: the run, the folder of the lock, seconds, how the request is passed, and the command that takes it.
LC_ALL=C; export LC_ALL
run=$1 dir=$2 every=$3 how=$4 left=7200 wait=$3; shift 4
send() {
  what=$1; shift
  case $how in (stdin) printf '%s deploy\n' "$what" | "$@" ;; (*) "$@" "$what" deploy ;; esac
}
while sleep 2; do
  left=$((left - 2)) wait=$((wait - 2))
  [ "$left" -gt 0 ] || break
  [ -e "$dir/silence.$run" ] || exit 0
  holder=$(cat "$dir/lock.run")
  if [ "$holder" != "$run" ] || flock -n "$dir/lock" true; then
    [ "${holder:-$run}" != "$run" ] || send finish "$@"
    break
  fi
  [ "$wait" -le 0 ] || continue
  wait=$every
  send start "$@"
  [ -e "$dir/silence.$run" ] || send finish "$@"
done
rm -f "$dir/silence.$run"
