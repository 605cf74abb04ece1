import { ENDING } from './keeper-ending.ts'
import { FENCE } from './keeper-fence.ts'
import { LOCKING } from './keeper-locking.ts'
import { MEMBERS } from './keeper-members.ts'

export { LOCK_FILE } from './keeper-locking.ts'

export interface KeeperOf {
  /** starts every line that the keeper prints */
  readonly token: string
  /** prefix of this session's step marks, letters and digits */
  readonly key: string
  /** true: sshd's login for this session alone; false: a process of this machine's user */
  readonly login: boolean
  /** seconds between two ticks of the clock */
  readonly tick: number
  /** how many ticks may pass without a message from the client; after the next one it counts as gone */
  readonly misses: number
  /** seconds between TERM and KILL */
  readonly grace: number
}

/**
 * The keeper: reads one message per line, and ends what it knows of when its client is gone. It waits for what it cannot end, and holds the
 * lock. Runs in dash, bash and busybox sh. Needs `cat`, `awk`, `sed`, `tr`, `dd`, `ls`, `sleep`, `mkdir`, `chmod`, `id`, `readlink`, and
 * `flock` for the lock.
 */
export const keeperScript = ({ token, key, login, tick, misses, grace }: KeeperOf): string => `LC_ALL=C
export LC_ALL
exec 3<&0 2>/dev/null
key=${key}
login=${login ? '1' : ''}
# dash wants the two dashes, busybox refuses them
d=--
kill -s 0 -- "-$$" || d=
groups=' '
kept=
missed=0
self=
dir=
reused=
say() {
  printf '%s\\n' "${token} $1"
}
${MEMBERS}${ENDING.replace('GRACE', String(Math.ceil(grace * 10)))}${LOCKING}${FENCE.replace('FENCED', String(Math.ceil(grace * 10) + 60))}heed() {
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
  'stay '*) stays="$stays\${1#* } " ;;
  'end '*) begin_end '' \${1#* } ;;
  'reap '*) begin_end 1 \${1#* } ;;
  'fence '*) (fence \${1#* }) 9>&- & ;;
  'dir '*) dir=\${1#* } ;;
  'run '*) run=\${1#* } ;;
  'owner '*) owner=\${1#* } ;;
  'what '*) what=\${1#* } ;;
  'since '*) since=\${1#* } ;;
  again) again=1 ;;
  lock) lock ;;
  esac
  missed=0
}
forget() {
  case $groups in *" $1 "*) groups="\${groups%% $1 *} \${groups#* $1 }" ;; esac
}
# what is found now is known later, when the parents that lead to it may be gone
begin_end() {
  ended=$1 of=$2 step=\${3#-} from=$4 seen= later=
  [ -n "$clock" ] || from=
  members
  kept="$kept$seen"
  answer 9>&- &
}
# the host may show its guests another clock than that of its processes
clock=
agree() {
  read -r x y </proc/uptime || return 0
  x=$((\${x%.*} - start / 100))
  [ "$x" -lt -3 ] || [ "$x" -gt 3 ] || clock=1
}
keep() {
  trap '' TERM INT HUP PIPE
  say "ready $$"
  own=$(cat /proc/self/cgroup)
  [ -z "$login" ] || place
  read -r self x </proc/self/stat && stat "$self" && self="$self $start" && agree
  introduce
  while IFS= read -r line && heed "$line"; do :; done
  # no switch begins any more
  unmark
  seen=$kept of=$groups step='' from='' ended='' later=''
  end 9>&- || { tell 0 9>&-; left=1; }
  [ -n "$left" ] || exec 9>&-
  say bye
  [ -z "$login" ] || [ -z "$SSH_CONNECTION" ] || spares 9>&-
  [ -z "$left" ] || [ -z "$held" ] || linger 9>&-
  # the clock, the reader and this shell
  kill -s KILL 0
}
left=
# shells of this login that nobody has told us of
spares() {
  for p in $(stats | awk -v me=$$ -v top=$PPID '{ p = $1; sub(/^.*[)] /, ""); if ($2 == top && p != me) print p }'); do
    case $(tr '\\0' '\\n' <"/proc/$p/environ") in *"SSH_CONNECTION=$SSH_CONNECTION"*) kill -s TERM "$p" ;; esac
  done
}
# no cat: that of busybox hands on what it has read only when more has come
# Killed alone, the keeper takes the others with it: else they would hold its channel open, and nobody would miss it for three heartbeats.
{ while sleep ${tick}; do echo tick; done & while IFS= read -r line <&3; do printf '%s\\n' "$line"; done; echo eof; } | {
  trap '' TERM INT HUP PIPE
  (keep)
  kill -s KILL 0
}
`
