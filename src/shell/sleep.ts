import { milliseconds, wholeTime, type Duration } from '../values/duration.ts'
import { usageError } from '../values/errors.ts'
import { sh } from './sh.ts'
import type { Command } from './types.ts'

/**
 * A step that waits on the host: `sleep('5s')`. Ctrl-C ends it, like any step. Throws a TypeError for what is not a duration, and a
 * ShipitError for parts of a second: POSIX has none in sleep(1), and a busybox can be built without them.
 */
export const sleep = (time: Duration): Command => {
  const seconds = milliseconds(time) / 1000
  if (!Number.isSafeInteger(seconds))
    throw usageError(`sleep() takes whole seconds, not ${JSON.stringify(time)}`, {
      hint: `not every host can wait for less: write sleep('${Math.ceil(seconds)}s')`,
    })
  return sh`sleep ${seconds}`.title(`sleep ${wholeTime(seconds)}`)
}
