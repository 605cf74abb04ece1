import { fact, sh } from '../../src/index.ts'
import type { Command, Fact, Finding, ProbeResult } from '../../src/index.ts'
import { quietNotes } from '../systemd/services.ts'
import { forEachProcess } from './ruby/index.ts'
import type { QuietProcess } from './known.ts'
import type { Asking, Context, Manager } from './manager.ts'

/** Shell function `began PID`: prints the process's start time in ticks (proc(5)). Together with the PID it is unique. */
const BEGAN: Command = sh`began() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }`

/** Shell function `mark_quiet NAME PID`: notes that a process was quieted, as `PID TICKS` in a file that is valid while that process lives. */
export const markQuiet = (c: Pick<Context, 'paths'>): Command => sh`${BEGAN}
mark_quiet() {
  mkdir -p ${quietNotes(c)} && printf '%s %s\n' "$2" "$(began "$2")" > ${quietNotes(c)}/"$1"
}`

/**
 * Shell function `is_quiet NAME PID`: whether a process was quieted, by that note or by the title that Sidekiq sets at its next heartbeat,
 * `sidekiq 6.4.1 shop [0 of 5 busy] stopping`.
 */
export const isQuiet = (c: Pick<Context, 'paths'>): Command => sh`${BEGAN}
is_quiet() {
  if [ -d "/proc/$2" ] && [ "$(cat ${quietNotes(c)}/"$1" 2>/dev/null)" = "$2 $(began "$2")" ]; then return 0; fi
  for one in "$2" $(cat "/proc/$2/task/$2/children" 2>/dev/null || :); do
    if tr '\0' '\n' < "/proc/$one/cmdline" 2>/dev/null | grep -qE '^sidekiq .* busy].* stopping( |$)'; then return 0; fi
  done
  return 1
}`

/** Notes that a process was quieted. Failing to write the note is not an error: the title shows it a little later. */
export const noteQuiet = (c: Context, { name, pid }: QuietProcess): Command =>
  sh`${markQuiet(c)}
mark_quiet ${name} ${pid} || :`.title('note that it was quieted')

/** Fails if a running process takes no jobs: a start would leave it alone, and it would stay quiet. */
export const verifyAwake = (c: Context, by: Manager): Command =>
  forEachProcess(
    c,
    by,
    isQuiet(c),
    sh`if is_quiet "$name" "$pid"; then echo "$name (PID $pid) is quiet: it runs but takes no jobs" >&2; code=1; fi`,
  )
    .title('check that Sidekiq takes jobs')
    .hint(c.shipit('sidekiq:restart'))

/** The fact with the processes that are quiet while no run holds this host's lock. Its command prints a line `NAME PID` for each. */
export const leftQuiet = (c: Asking, by: Manager): Fact<readonly QuietProcess[] | undefined> => {
  const lock = c.paths.deployTo.join('.shipit', 'lock')
  const functions = sh`${isQuiet(c)}
inode=$(stat -c %i ${lock} 2>/dev/null) || inode=none
if grep -q "FLOCK .*:$inode 0 EOF" /proc/locks 2>/dev/null; then exit 0; fi`
  return fact(forEachProcess(c, by, functions, sh`if is_quiet "$name" "$pid"; then echo "$name $pid"; fi`), parseQuiet)
}

/** Undefined if the host could not be read. */
const parseQuiet = ({ ok, stdout }: ProbeResult): readonly QuietProcess[] | undefined =>
  ok
    ? stdout.split('\n').flatMap((line) => {
        const [, name, pid] = /^(.+) (\d+)$/.exec(line) ?? []
        return name === undefined ? [] : [{ name, pid: Number(pid) }]
      })
    : undefined

/** Only a restart wakes a quiet process. A killed client or a lost connection leaves one behind. */
export const quietFindings = (c: Pick<Context, 'facts' | 'shipit'>): readonly Finding[] =>
  (c.facts.quiet ?? []).map(({ name, pid }) => ({
    level: 'error',
    message: `${name} is quiet (PID ${pid}): it runs but takes no jobs`,
    remedy: c.shipit('sidekiq:restart'),
  }))

/** What a failed or interrupted run left to put right on a host. */
export interface LeftOver {
  /** which of the old processes this run quieted: all that still run, those that the host knows of, or none */
  readonly quieted: 'all' | 'known' | 'none'
  /** whether to start what ran before and is down now; false if a start itself failed */
  readonly down: boolean
}

/**
 * What a run left, and what it touched: the processes that ran before, and of these the `old` ones that it may have quieted. Without `left`
 * there is nothing to do: this run touched no process here, or has brought them up again.
 */
export const leftOver = <P extends { readonly state: string; readonly pid: number }>(
  c: Context,
  all: readonly P[],
): { readonly left?: LeftOver; readonly touched: readonly P[]; readonly old: readonly P[] } => {
  const ran = (task: string) => c.failure?.ran(`sidekiq:${task}`) ?? 'no'
  const touched = all.filter(({ state }) => state === 'running' || state === 'starting')
  const idle = ['quiet', 'stop', 'start', 'restart'].every((task) => ran(task) === 'no')
  if (touched.length === 0 || idle || ran('start') === 'done' || ran('restart') === 'done') return { touched, old: [] }
  // with a drain, a restart begins by quieting
  const quiets = c.settings.drain === null ? [ran('quiet')] : [ran('quiet'), ran('restart')]
  const quieted = quiets.some((how) => how === 'done' || how === 'started') ? 'all' : quiets.includes('failed') ? 'known' : 'none'
  return {
    left: { quieted, down: ran('start') !== 'failed' && ran('restart') !== 'failed' },
    touched,
    old: quieted === 'none' ? [] : touched.filter(({ pid }) => pid > 0),
  }
}

/**
 * A guard: the old process is still there (`same`), is quiet, and has a live release to start in. Without one, a restart would end it for
 * good.
 */
export const stillQuiet = (c: Context, same: Command, name: string, pid: number, { quieted }: LeftOver): Command =>
  sh`${isQuiet(c)}
{ ${same}; } && [ -d ${c.paths.current} ] && ${quieted === 'all' ? sh`:` : sh`is_quiet ${name} ${pid}`}`
