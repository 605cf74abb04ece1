import { sh } from '../src/index.ts'
import type { Command } from '../src/index.ts'

/**
 * Runs a function of the shell once for each list of words, all at the same time. The first failure is the exit code of the whole; the
 * code `warning` counts only where nothing failed.
 */
export const each = (what: string, all: readonly (readonly (string | number)[])[], warning: number | undefined = undefined): Command => {
  const begun = all.map((words) => sh`${what} ${words} & pids="$pids $!"`)
  const overridden = warning === undefined ? sh`[ "$code" = 0 ]` : sh`[ "$code" = 0 ] || [ "$code" = ${warning} ]`
  return sh`pids= code=0
${lines(begun)}
for pid in $pids; do wait "$pid" || { now=$?; if ${overridden}; then code=$now; fi; }; done
exit "$code"`
}

/** Several commands as the lines of one. */
export const lines = (all: readonly Command[]): Command =>
  all.length === 0
    ? sh`:`
    : all.reduce(
        (before, next) => sh`${before}
${next}`,
      )
