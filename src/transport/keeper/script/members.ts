import { STEP_FD, STEP_FD_FILE } from '../../../values/step-descriptor.ts'

/**
 * Shell functions of the keeper that find a step's processes. `members` sets $seen to `pid:start` of each living one, parents first.
 *
 * A step owns the processes that the script's shell started for it, and their descendants. It also owns these, if their parent has ended:
 * - those in the script's session that are not older than the step
 * - those with the step's mark in their environment ($SHIPIT_STEP, shell/compile.ts)
 * - those in the cgroup of this login (pam_systemd's scope), because sudo removes the mark and nothing leaves its scope by itself
 * - those with the descriptor that each of our scripts opens (shell/compile.ts), which survives an emptied environment
 *
 * A process whose living parent is none of these does not belong to it, even if a daemon of an earlier step started it. Nor does one in a
 * unit of its own.
 *
 * $of: the shells of the scripts. $ended: if empty, what they run now counts, and the shells themselves. $step: the number of the step.
 * $from: when it began, in ticks since boot, if the client sent that. For an ended step without $from, only the mark counts. A process in
 * $seen counts as long as it lives, because its parent may have ended meanwhile. A process is identified by its pid and its start. One pass
 * is a cat and an awk.
 */
export const MEMBERS = String.raw`scope=
own=
seen=
stays=' '
stat() {
  read -r l <"/proc/$1/stat" || return 1
  l=@{l##*) }
  set -- $l
  up=$2
  case $1 in [ZX]) return 1 ;; esac
  shift 19
  start=$1
}
scoped() {
  if [ ! -r "/proc/$1/cgroup" ]; then
    case $(sudo -n cat "/proc/$1/cgroup" </dev/null) in *"$scope"*) return 0 ;; *) return 1 ;; esac
  fi
  while IFS= read -r l; do
    [ "$l" != "$scope" ] || return 0
  done <"/proc/$1/cgroup"
  return 1
}
# above us in a scope that is this login's alone there are one or two processes of sshd
place() {
  while IFS= read -r l; do
    case $l in *:/*/session-*.scope) scope=$l ;; esac
  done </proc/self/cgroup
  n=0
  up=$PPID
  while [ -n "$scope" ] && [ "$up" -gt 1 ] && scoped "$up"; do
    n=$((n + 1))
    stat "$up" || break
  done
  case $n in 1 | 2) ;; *) scope= ;; esac
}
# with hidepid, an account sees only its own processes; root sees all, if sudo allows it
blind=
command -v awk >/dev/null || blind=1
stats() {
  if [ -r /proc/1/stat ]; then cat /proc/[0-9]*/stat; else sudo -n sh -c 'cat /proc/[0-9]*/stat' </dev/null || cat /proc/[0-9]*/stat; fi
}
pass() {
  stats | awk -v groups="$of" -v from="$from" -v step="$step" -v ended="$ended" -v later="$later" -v seen="$seen" -v me=$$ -v top=$PPID '
{ pid = $1; sub(/^.*[)] /, ""); state[pid] = $1; up[pid] = $2; session[pid] = $4; start[pid] = $20 }
END {
  n = split(groups, group, " ")
  for (i = 1; i <= n; i++) { leader[group[i]] = 1; since[group[i]] = ended ? from : "" }
  if (!ended) {
    for (p in up) if ((up[p] in leader) && start[p] + 0 > since[up[p]] + 0) since[up[p]] = start[p]
    for (g in leader) if (!(g in up) || state[g] ~ /^[ZX]/) { if (!later) dead[g] = 1; since[g] = from }
  }
  above[1] = 1
  for (p = me; p > 1 && (p in up) && !(p in above); p = up[p]) above[p] = 1
  n = split(seen, known, " ")
  for (i = 1; i <= n; i++) { split(known[i], k, ":"); if ((k[1] in up) && start[k[1]] == k[2]) ours[k[1]] = 1 }
  lowest = ended && from == "" ? 0 : ""
  for (g in leader) if (since[g] != "" && (lowest == "" || since[g] + 0 < lowest + 0)) lowest = since[g]
  print "since", lowest
  for (p in up) {
    s = session[p]
    if (!(s in leader)) continue
    if (p == s || (s in dead)) { if (!ended) ours[p] = 1 }
    else if (since[s] == "" || start[p] + 0 < since[s] + 0 || (up[p] != s && session[up[p]] == s)) continue
    else if (up[p] == s || start[p] + 0 > since[s] + 0 || step == "") ours[p] = 1
    else lone[p] = 1
  }
  do {
    more = 0
    for (p in up) if (!(p in ours) && (up[p] in ours) && !(p in above)) { ours[p] = 1; more = 1 }
  } while (more)
  do {
    more = 0
    for (p in ours) if (!(p in listed) && (!(up[p] in ours) || (up[p] in listed))) {
      listed[p] = more = 1
      if (state[p] !~ /^[ZX]/) print "ours", p ":" start[p]
    }
  } while (more)
  for (p in up) {
    if ((p in ours) || state[p] ~ /^[ZX]/) continue
    if ((p in lone) || lowest != "" && start[p] + 0 >= lowest + 0 && session[p] != me && up[p] != me && up[p] != top && (up[p] in above))
      print "lone", p ":" start[p]
  }
}'
}
# a descriptor outlives an emptied environment
tied() {
  x=$(readlink "/proc/$1/fd/${STEP_FD}")
  case $x in /proc/[0-9]*/${STEP_FD_FILE}*) x=@{x#/proc/} ;; *) return 1 ;; esac
  case " $of $reused " in *" @{x%%/*} "*) ;; *) return 1 ;; esac
}
# another step's mark rules a process out, even in this login's scope
marked() {
  mark=$(tr '\0' '\n' <"/proc/$1/environ" | sed -n "s/^SHIPIT_STEP=$key\.//p")
  case $mark in
  '')
    [ -n "$scope" ] && scoped "$1" || tied "$1" || return 1
    [ -z "$ended" ] || [ -n "$from" ] || return 1
    for g in $of; do case $stays in *" $g "*) return 1 ;; esac; done
    return 0
    ;;
  esac
  if [ "$(cat "/proc/$1/cgroup")" != "$own" ]; then
    case $(cat "/proc/$1/cgroup") in *.service | *.scope) return 1 ;; esac
  fi
  if [ -n "$step" ]; then [ "$mark" = "$of.$step" ]; else case " $of $reused " in *" @{mark%.*} "*) ;; *) return 1 ;; esac; fi
}
members() {
  asked=' '
  more=1
  while [ -n "$more" ]; do
    more=
    ours=
    new=
    for word in $(pass); do
      case $word in
      since | ours | lone) kind=$word; continue ;;
      esac
      if [ "$kind" = since ]; then [ -n "$from$ended" ] || from=$word; continue; fi
      if [ "$kind" = ours ]; then ours="$ours $word"; continue; fi
      case $asked in *" $word "*) continue ;; esac
      asked="$asked$word "
      if marked "@{word%:*}"; then new="$new $word" more=1; fi
    done
    seen="$ours$new"
  done
  later=1
}
`.replaceAll('@{', '${')
