import { sh } from '../../src/index.ts'
import type { Command, Finding, Path } from '../../src/index.ts'
import { lines } from '../shell.ts'
import { place } from './drain/run.ts'
import type { Asking, Context, Manager } from './manager.ts'

/** The folder that notes which processes were quieted: one file per process, `PID TICKS`, valid as long as that process lives. */
export const marksOf = (c: Pick<Context, 'paths'>): Path => c.paths.deployTo.join('.shipit', 'quiet')

/** Shell function `began PID`: prints the process's start time in ticks (proc(5)). Together with the PID it is unique. */
const BEGAN: Command = sh`began() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }`

/** Shell function `mark_quiet NAME PID`: notes that a process was quieted. */
export const markQuiet = (c: Pick<Context, 'paths'>): Command => sh`${BEGAN}
mark_quiet() {
  mkdir -p ${marksOf(c)} && printf '%s %s\n' "$2" "$(began "$2")" > ${marksOf(c)}/"$1"
}`

/**
 * Shell function `is_quiet NAME PID`: whether a process was quieted, by that note or by the title that Sidekiq sets at its next heartbeat,
 * `sidekiq 6.4.1 shop [0 of 5 busy] stopping`.
 */
export const isQuiet = (c: Pick<Context, 'paths'>): Command => sh`${BEGAN}
is_quiet() {
  if [ -d "/proc/$2" ] && [ "$(cat ${marksOf(c)}/"$1" 2>/dev/null)" = "$2 $(began "$2")" ]; then return 0; fi
  for one in "$2" $(cat "/proc/$2/task/$2/children" 2>/dev/null || :); do
    if tr '\0' '\n' < "/proc/$one/cmdline" 2>/dev/null | grep -qE '^sidekiq .* busy].* stopping( |$)'; then return 0; fi
  done
  return 1
}`

/** Notes that these processes were quieted. Failing to write a note is not an error: the titles show it a little later. */
export const noteQuiet = (c: Context, some: readonly { readonly name: string; readonly pid: number }[]): Command =>
  sh`${markQuiet(c)}
${lines(some.map(({ name, pid }) => sh`mark_quiet ${name} ${pid} || :`))}`.title('note that it was told to be quiet')

/** Fails if a running process takes no jobs: a start would leave it alone, and it would stay quiet. */
export const verifyAwake = (c: Context, by: Manager): Command => {
  const { tag, lines } = place(c, by)
  return tag`${lines}
${isQuiet(c)}
pids | {
  code=0
  while read -r name pid; do
    case $pid in (''|0) continue ;; esac
    if is_quiet "$name" "$pid"; then echo "$name (PID $pid) is quiet: it runs, and takes no jobs" >&2; code=1; fi
  done
  exit "$code"
}`
    .title('check that Sidekiq takes jobs')
    .hint(c.shipit('sidekiq:restart'))
}

/** Prints a line `NAME PID` for each process that is quiet while no run holds this host's lock. */
export const leftQuiet = (c: Asking, by: Manager): Command => {
  const { tag, lines } = place(c, by)
  const lock = c.paths.deployTo.join('.shipit', 'lock')
  return tag`${lines}
${isQuiet(c)}
inode=$(stat -c %i ${lock} 2>/dev/null) || inode=none
if grep -q "FLOCK .*:$inode 0 EOF" /proc/locks 2>/dev/null; then exit 0; fi
pids | while read -r name pid; do
  case $pid in (''|0) continue ;; esac
  if is_quiet "$name" "$pid"; then echo "$name $pid"; fi
done`.probe()
}

/** Only a restart wakes a quiet process. A killed client or a lost connection leaves one behind. */
export const quietFindings = (c: Context): readonly Finding[] =>
  (c.facts.quiet?.ok === true ? c.facts.quiet.stdout.split('\n') : []).flatMap((line): readonly Finding[] => {
    const [, name, pid] = /^(.+) (\d+)$/.exec(line) ?? []
    if (name === undefined) return []
    const message = `${name} is quiet (PID ${pid}): it runs, and takes no jobs`
    return [{ level: 'error', message, remedy: c.shipit('sidekiq:restart') }]
  })
