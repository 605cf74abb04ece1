/**
 * Makes sure that nothing of a lost session of this run is still running: `fence KEY SELF FROM SHELL…`. SELF is what the keeper of that session
 * reported about itself: boot, pid, start, group, parent, connection, scope, cgroups. FROM is when the first of the steps that ran there
 * began, in ticks since boot. A plus after a shell means that its script started a daemon.
 *
 * The lost keeper knows best which processes it owns. So it is asked to end first, and resumed if something stopped it. Whatever it does not
 * end in time is ended here, by the same rules. Then that keeper is ended, and its lock with it, unless it waits for something that it
 * could not end. A pid may have been reused: a keeper is identified by its start, a shell by the connection in its environment or by its
 * parent.
 */
export const FENCE = String.raw`# what a later keeper of this run needs to know
introduce() {
  read -r boot </proc/sys/kernel/random/boot_id
  set -- $SSH_CONNECTION
  conn="@{1:--},$2,$3,$4"
  groups_of=
  while IFS= read -r l; do
    groups_of="$groups_of|$l"
    own="@{own:+$own
}$l"
  done </proc/self/cgroup
  case $groups_of in *' '*) groups_of= ;; esac
  say "self @{boot:--} @{self:-0 0} $$ $PPID $conn @{scope:--} @{groups_of:--}"
}
fence() {
  key=$1 boot=$2 k=$3 since_k=$4 kg=$5 top=$6 conn=$7 scope=$8 own=$9
  shift 9
  from=$1
  shift
  # after a restart of the host, nothing of that session runs; without a boot id, that cannot be known
  { [ "$boot" != - ] && read -r x </proc/sys/kernel/random/boot_id; } 2>/dev/null || { say unfenced; return; }
  [ "$x" = "$boot" ] || { say fenced; return; }
  case $conn in -,*) conn= ;; esac
  case $own in '|'*) own=$(printf '%s' "@{own#|}" | tr '|' '\n') ;; *) own=$(cat /proc/self/cgroup) ;; esac
  [ "$scope" != - ] || scope=
  [ "$from" != - ] || from=$since_k
  of= reused= stays=' ' seen= step= ended= later=
  for w; do
    p=@{w%+}
    if [ ! -d "/proc/$p" ] || mine "$p"; then of="$of $p"; else reused="$reused $p"; fi
    [ "$w" = "$p" ] || stays="$stays$p "
  done
  if old_runs; then
    kill -s TERM $d "-$kg"
    kill -s CONT $d "-$kg"
    old_ends FENCED || ! waits || { say unfenced; return; }
  fi
  end || { report 0; say unfenced; return; }
  if old_runs; then
    kill -s KILL $d "-$kg"
    old_ends 30 || { say "still 0 $(describe "$k")"; say unfenced; return; }
  fi
  say fenced
}
old_runs() {
  stat "$k" && [ "$start" = "$since_k" ]
}
old_ends() {
  n=$1
  while old_runs; do
    [ "$n" -gt 0 ] || return 1
    n=$((n - 1))
    sleep 0.1 || { sleep 1; n=$((n - 9)); }
  done
}
# it holds the lock for what it could not end, and has written that down
waits() {
  [ -n "$dir" ] || return 1
  place_lock
  [ "$(sed -n '5s/^keeper //p' "$f")" = "$k $since_k $kg" ] || return 1
  x=$(sed -n -e '/^end$/q' -e 's/^left //p' "$f")
  [ -n "$x" ] || return 1
  printf '%s\n' "$x" | while IFS= read -r line; do say "still 0 $line"; done
}
mine() {
  case $(tr '\0 ' '\n,' <"/proc/$1/environ") in
  *"SSH_CONNECTION=$conn"*) [ -z "$conn" ] || return 0 ;;
  '') ;;
  *) [ -z "$conn" ] || return 1 ;;
  esac
  stat "$1"
  [ "$up" = "$top" ]
}
`.replaceAll('@{', '${')
