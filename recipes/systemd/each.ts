import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'

/** `[what, words …]` for each unit, all at the same time; the worst exit code is that of all, a failure before a warning. */
export const each = (what: string, all: readonly (readonly (string | number)[])[], warning: number | undefined = undefined): Command => {
  const begun = all.map((words) => sh`${what} ${words} & pids="$pids $!"`)
  const worse = warning === undefined ? sh`[ "$code" != 0 ]` : sh`[ "$code" != 0 ] && [ "$code" != ${warning} ]`
  return sh`pids= code=0
${lines(begun)}
for one in $pids; do wait "$one" || { now=$?; ${worse} || code=$now; }; done
exit "$code"`
}

/** Commands as the lines of one. */
export const lines = (all: readonly Command[]): Command =>
  all.length === 0
    ? sh`:`
    : all.reduce(
        (before, next) => sh`${before}
${next}`,
      )

/** A function of the shell: what of `$said`, which `systemctl show` printed, a property is. */
export const VALUE: Command = sh`value() { printf '%s\n' "$said" | sed -n "s/^$1=//p"; }`
