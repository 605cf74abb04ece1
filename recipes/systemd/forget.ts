import type { Command } from '../../src/index.ts'
import type { Context } from './scope.ts'
import { act, scoped, systemctl } from './systemctl.ts'

/**
 * Before units are started, systemd forgets how often they were started before: a crash loop of the old release would count against
 * this one (`start-limit-hit`). Only where there was one; where sudo does not allow it, that is a warning.
 */
export const forgetFailures = (c: Context, names: readonly string[]): Command => {
  const show = [...systemctl(c), 'show', '-p', 'ActiveState,NRestarts', ...names]
  return act(c, 'reset-failed', names)
    .onlyIf(scoped(c)`${show} | grep -qxE 'ActiveState=failed|NRestarts=[1-9][0-9]*'`)
    .title(`forget that ${names.join(', ')} failed before`)
    .allowFailure()
}
