import type { Plan } from '../plan/types.ts'
import type { RunState } from './state.ts'

/** The tasks after the switch that did not start because of a failure, on one host or on all, in the order of the plan. */
export const tasksNotRun = (state: RunState, plan: Plan): readonly string[] => {
  const began = (task: string, host: string) => state.progress.get(host)?.has(task) === true
  const tasks = plan.waves
    .filter((wave) => wave.published)
    .flatMap((wave) => {
      if (wave.kind === 'run') return [...state.progress.keys()].some((host) => began(wave.task.name, host)) ? [] : [wave.task.name]
      return wave.lanes.flatMap(({ host, chunks }) =>
        chunks
          .flatMap((chunk) => chunk.tasks)
          .filter((task) => task.steps.length > 0 && !began(task.name, host.name))
          .map((task) => task.name),
      )
    })
  return [...new Set(tasks)]
}
