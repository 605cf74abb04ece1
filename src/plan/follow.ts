import { usageError } from '../values/errors.ts'
import { laneSteps } from './plan.ts'
import type { Plan } from './types.ts'

/** A step that follows until Ctrl-C must be the last on its host and in the run: a later step would never run. Throws (usage). */
export const checkFollows = ({ waves }: Plan): void => {
  waves.forEach((wave, i) => {
    if (wave.kind !== 'steps') return
    for (const lane of wave.lanes) {
      const steps = laneSteps(lane)
      const at = steps.findIndex(({ command }) => command.spec.follow)
      if (at < 0) continue
      const next = steps[at + 1]?.task ?? waves[i + 1]?.tasks[0]
      if (next !== undefined)
        throw usageError(`${steps[at]!.task} follows until Ctrl-C: ${next} would never come`, {
          hint: 'let it be the last step, or run it by itself',
        })
    }
  })
}
