import { fact, sh } from '../index.ts'
import type { Command, Fact, ProbeResult, ServiceStatus, Sh } from '../index.ts'

/**
 * The fact that a recipe's `status` returns: its services on a host, with the folder of each process. `list` prints a line `NAME PID UP
 * STATE` for each: PID 0 for one without a process, UP `yes` or `no`, STATE in a word or two. It only reads, and has no refinements, since
 * its text becomes part of a command. `names`: services that must be in the list; what is said of one that is missing there is that it is
 * not known. `tag`: the account that may read the processes.
 */
export const serviceStatus = (names: readonly string[], list: Command, tag: Sh = sh): Fact<readonly ServiceStatus[] | undefined> =>
  fact(
    tag`
listed() {
${list}
}
listed | while read -r name pid up state; do
  dir= age=
  case $pid in
    (''|0|*[!0-9]*) pid=0 ;;
    (*)
      dir=$(readlink "/proc/$pid/cwd" 2>/dev/null) || dir=
      began=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20)
      clock=$(cut -d . -f 1 /proc/uptime 2>/dev/null)
      case $began$clock in (''|*[!0-9]*) ;; (*) age=$((clock - began / $(getconf CLK_TCK 2>/dev/null || echo 100))) ;; esac
    ;;
  esac
  printf 'service %s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$up" "$pid" "$age" "$state" "$dir"
done`,
    parseServices(names),
  )

const parseServices =
  (names: readonly string[]) =>
  ({ ok, stdout }: ProbeResult): readonly ServiceStatus[] | undefined => {
    const rows = ok ? stdout.split('\n').flatMap(parseRow) : []
    if (rows.length === 0 && names.length === 0) return undefined
    const missing = names.filter((name) => !rows.some((row) => row.name === name))
    return [...rows, ...missing.map((name): ServiceStatus => ({ name, state: 'not known', up: undefined }))]
  }

const parseRow = (line: string): readonly ServiceStatus[] => {
  const [, name, up, pid, age, state, dir] = /^service ([^\t]+)\t(yes|no)\t(\d+)\t(-?\d*)\t([^\t]*)\t(.*)$/.exec(line) ?? []
  if (name === undefined) return []
  return [
    {
      name,
      state: state === '' ? (up === 'yes' ? 'runs' : 'down') : state!,
      up: up === 'yes',
      ...(pid === '0' ? {} : { pid: Number(pid) }),
      ...(age === '' ? {} : { age: Math.max(0, Number(age)) }),
      ...(dir === '' ? {} : { dir: dir! }),
    },
  ]
}
