import { sh } from '../src/index.ts'
import type { Command } from '../src/index.ts'

/**
 * Runs a shell function once for each list of words, all in parallel. Exits with the code of the first failure; the code `warning` counts
 * only if nothing else failed.
 */
export const each = (what: string, all: readonly (readonly (string | number)[])[], warning: number | undefined = undefined): Command => {
  const begun = all.map((words) => sh`${what} ${words} & pids="$pids $!"`)
  const overridden = warning === undefined ? sh`[ "$code" = 0 ]` : sh`[ "$code" = 0 ] || [ "$code" = ${warning} ]`
  return sh`pids= code=0
${lines(begun)}
for pid in $pids; do wait "$pid" || { now=$?; if ${overridden}; then code=$now; fi; }; done
exit "$code"`
}

/** Joins commands into one, a line each. */
export const lines = (all: readonly Command[]): Command =>
  all.length === 0
    ? sh`:`
    : all.reduce(
        (before, next) => sh`${before}
${next}`,
      )
