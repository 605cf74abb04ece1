import type { Plan } from '../plan/types.ts'
import type { Registry } from '../tasks/entry.ts'
import { orderTasks, tasksOf } from '../tasks/order.ts'
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

/** The tasks that hang on deploy:failed, and those that they bring along, if the plan has them nowhere else. */
export const afterFailureOnly = (registry: Registry, plan: Plan | undefined): readonly string[] => {
  const planned = new Set(plan?.waves.flatMap((wave) => (wave.kind === 'run' ? [wave.task.name] : wave.tasks)))
  return tasksOf(orderTasks(registry, ['deploy:failed'])).flatMap(({ name }) => (planned.has(name) ? [] : [name]))
}
