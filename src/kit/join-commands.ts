import { sh } from '../index.ts'
import type { Command } from '../index.ts'

/**
 * Runs a shell function once for each list of words, all in parallel. Exits with the code of the first failure; the code `warning` counts
 * only if nothing else failed.
 */
export const inParallel = (
  what: string,
  all: readonly (readonly (string | number)[])[],
  warning: number | undefined = undefined,
): Command => {
  const begun = all.map((words) => sh`${what} ${words} & pids="$pids $!"`)
  const overridden = warning === undefined ? sh`[ "$code" = 0 ]` : sh`[ "$code" = 0 ] || [ "$code" = ${warning} ]`
  return sh`pids= code=0
${joinLines(begun)}
for pid in $pids; do wait "$pid" || { now=$?; if ${overridden}; then code=$now; fi; }; done
exit "$code"`
}

/** Joins commands into one, a line each. */
export const joinLines = (all: readonly Command[]): Command => {
  const [first, ...others] = all
  if (first === undefined) return sh`:`
  if (others.length === 0) return first
  // one template for all: nested templates would each be read again as part of the next
  const raw = ['', ...others.map(() => '\n'), '']
  return sh(Object.assign([...raw], { raw }), ...all)
}
