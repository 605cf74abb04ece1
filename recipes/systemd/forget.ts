import type { Command } from '../../src/index.ts'
import type { Context } from './scope.ts'
import { act, scoped, systemctl } from './systemctl.ts'

/**
 * Makes systemd forget earlier starts of units: a crash loop of the old release would count against the new one (`start-limit-hit`). Runs
 * only if there was one; if sudo refuses it, that is a warning.
 */
export const forgetFailures = (c: Context, names: readonly string[]): Command => {
  const show = [...systemctl(c), 'show', '-p', 'ActiveState,NRestarts', ...names]
  return act(c, 'reset-failed', names)
    .onlyIf(scoped(c)`${show} | grep -qxE 'ActiveState=failed|NRestarts=[1-9][0-9]*'`)
    .title(`forget that ${names.join(', ')} failed before`)
    .allowFailure()
}
