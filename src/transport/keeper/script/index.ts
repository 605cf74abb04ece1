import { ENDING } from './ending.ts'
import { FENCE } from './fence.ts'
import { LOCKING } from './locking.ts'
import { LIFECYCLE } from './lifecycle.ts'
import { MEMBERS } from './members.ts'
import { MESSAGES } from './messages.ts'

export { LOCK_FILE } from './locking.ts'

export interface KeeperScriptOptions {
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
export const keeperScript = ({ token, key, login, tick, misses, grace }: KeeperScriptOptions): string => `LC_ALL=C
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
${MEMBERS}${ENDING.replace('GRACE', String(Math.ceil(grace * 10)))}${LOCKING}${FENCE.replace('FENCED', String(Math.ceil(grace * 10) + 60))}${MESSAGES.replace('MISSES', String(misses))}${LIFECYCLE}# no cat: busybox's passes on what it has read only when more arrives
# Killed alone, the keeper takes the others with it: otherwise they would hold its channel open, and its end would go unnoticed for three heartbeats.
{ while sleep ${tick}; do echo tick; done & while IFS= read -r line <&3; do printf '%s\\n' "$line"; done; echo eof; } | {
  trap '' TERM INT HUP PIPE
  (keep)
  kill -s KILL 0
}
`
