import type { Command } from '../../src/index.ts'
import type { Context } from './scope.ts'
import { act, scoped, systemctl } from './systemctl.ts'

/**
 * What begins units lets systemd first forget how often they were begun before: a crash loop of the release before would count against
 * this one (`start-limit-hit`). Only where there was one; that sudo does not allow it is a warning.
 */
export const forgetFailures = (c: Context, names: readonly string[]): Command => {
  const show = [...systemctl(c), 'show', '-p', 'ActiveState,NRestarts', ...names]
  return act(c, 'reset-failed', names)
    .onlyIf(scoped(c)`${show} | grep -qxE 'ActiveState=failed|NRestarts=[1-9][0-9]*'`)
    .title(`forget that ${names.join(', ')} failed before`)
    .allowFailure()
}
