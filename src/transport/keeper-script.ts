import { LOCK_RUN_FILE } from '../values/layout.ts'

/** Inside `deploy_to/.shipit`: what `flock` locks, with who holds it for whoever comes second. */
export const LOCK_FILE = 'lock'

export interface KeeperTimes {
  /** seconds between two looks at the clock */
  readonly tick: number
  /** so many ticks without a word from the client are the same as its end */
  readonly misses: number
  /** seconds between TERM and KILL */
  readonly grace: number
}

/**
 * The keeper: reads one message a line, and ends the groups it knows when its client is gone. `token` starts everything it says.
 * Runs in dash, bash and busybox sh; wants `cat`, `dd`, `sleep`, `mkdir`, and `flock` for the lock.
 */
export const keeperScript = (token: string, { tick, misses, grace }: KeeperTimes): string => `LC_ALL=C
export LC_ALL
exec 3<&0 2>/dev/null
# dash wants the two dashes, busybox refuses them
d=--
kill -s 0 -- "-$$" || d=
groups=' '
missed=0
say() {
  printf '%s\\n' "${token} $1"
}
${ENDING.replaceAll('GRACE', String(Math.ceil(grace * 10)))}${LOCKING}heed() {
  case $1 in
  tick)
    missed=$((missed + 1))
    [ "$missed" -le ${misses} ] || return 1
    for g in $groups; do
      kill -s 0 "$g" || say "dead $g"
    done
    return 0
    ;;
  eof | quit) return 1 ;;
  beat) say beat ;;
  'add '*) groups="$groups\${1#* } " ;;
  'del '*) forget "\${1#* }" ;;
  'end '*) end "\${1#* }" 9>&- & ;;
  'dir '*) dir=\${1#* } ;;
  'run '*) run=\${1#* } ;;
  'owner '*) owner=\${1#* } ;;
  'what '*) what=\${1#* } ;;
  'since '*) since=\${1#* } ;;
  lock) lock ;;
  esac
  missed=0
}
forget() {
  case $groups in *" $1 "*) groups="\${groups%% $1 *} \${groups#* $1 }" ;; esac
}
keep() {
  trap '' TERM INT HUP PIPE
  say "ready $$"
  while IFS= read -r line && heed "$line"; do :; done
  for g in $groups; do
    end "$g" 9>&- &
  done
  wait
  [ -z "$held" ] || : >"$held"
  exec 9>&-
  say bye
  # the clock, the reader and this shell
  kill -s KILL 0
}
{ while sleep ${tick}; do echo tick; done & cat <&3; echo eof; } | keep
`

// A group is alive while it has a member that is no zombie: a container's first process may never reap them.
// sudo passes TERM on to what it runs as root, KILL it cannot: what a KILL leaves behind is another user's.
const ENDING = `alive() {
  case $(kill -s 0 $d "-$1" 2>&1) in *'o such'*) return 1 ;; esac
  [ -r /proc/1/stat ] || return 0
  cat /proc/[0-9]*/stat | grep -q ") [^ZX] [0-9]* $1 "
}
await() {
  n=$2
  sleep 0.02
  while alive "$1"; do
    [ "$n" -gt 0 ] || return 1
    n=$((n - 1))
    sleep 0.1 || { sleep 1; n=$((n - 9)); }
  done
}
signal() {
  case $(kill -s "$1" $d "-$2" 2>&1) in *ermitted*) as_root "$1" "$2" ;; esac
}
as_root() {
  sudo -n kill -s "$1" -- "-$2" </dev/null >/dev/null
}
end() {
  signal TERM "$1"
  await "$1" GRACE || { signal KILL "$1"; await "$1" 5; } || { as_root KILL "$1"; await "$1" 20; } || { say "left $1"; return; }
  say "ended $1"
}
`

// What the file says is written by whoever could write there: it is read as at most 1 kB and said behind a word of ours.
const LOCKING = `held=
lock() {
  case $dir in '~') dir=$HOME ;; '~/'*) dir=$HOME/\${dir#??} ;; esac
  f=$dir/.shipit/${LOCK_FILE}
  [ -d "$dir/.shipit" ] || e=$(mkdir -p -- "$dir/.shipit" 2>&1) || { say "lock mkdir $e"; return; }
  command -v flock >/dev/null || { say 'lock flock'; return; }
  e=$(exec 2>&1; : 9<>"$f") || { say "lock open $e"; return; }
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
  1) exec 9>&-; holder; say 'lock held'; return ;;
  *) exec 9>&-; say "lock failed $e"; return ;;
  esac
  e=$( { printf '%s\\n' "$run" "$owner" "$what" "$since" end >"$f" && printf '%s\\n' "$run" >"$dir/${LOCK_RUN_FILE}"; } 2>&1) ||
    { exec 9>&-; say "lock write $e"; return; }
  held=$dir/${LOCK_RUN_FILE}
  say 'lock taken'
}
holder() {
  n=5
  while c=$(dd if="$f" bs=1024 count=1); do
    case $c in *'
end') break ;; esac
    [ "$n" -gt 0 ] || break
    n=$((n - 1))
    sleep 0.1
  done
  printf '%s\\n' "$c" | while IFS= read -r line; do say "holder $line"; done
}
`
