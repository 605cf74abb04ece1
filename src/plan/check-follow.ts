import { usageError } from '../values/errors.ts'
import { stepsInLane } from './plan.ts'
import type { Plan } from './types.ts'

/**
 * A step that follows until Ctrl-C must be the last on its host and in the run, except for finally hooks: a later step would never run.
 * In such a hook, Ctrl-C ends nothing. Throws (usage).
 */
export const checkFollowIsLast = ({ waves }: Plan): void => {
  waves.forEach((wave, i) => {
    if (wave.kind !== 'steps') return
    for (const lane of wave.lanes) {
      const steps = stepsInLane(lane)
      const at = steps.findIndex(({ command }) => command.spec.follow)
      if (at < 0) continue
      if (wave.finally)
        throw usageError(`${steps[at]!.task} follows until Ctrl-C, and a finally hook runs to its end`, { hint: 'run it by itself' })
      const next = steps[at + 1]?.task ?? waves.slice(i + 1).find((later) => !later.finally)?.tasks[0]
      if (next !== undefined)
        throw usageError(`${steps[at]!.task} follows until Ctrl-C: ${next} would never run`, {
          hint: 'make it the last step, or run it by itself',
        })
    }
  })
}
