import { isBarrier } from '../tasks/barriers.ts'
import { SIDES, type Registry, type RegistryProblem, type TaskEntry } from '../tasks/entry.ts'
import { orderTasks } from '../tasks/order.ts'
import type { Hooks } from '../tasks/types.ts'
import { present } from '../values/absent.ts'

const RESTART = 'deploy:restart'
const MESSAGE = `${RESTART} runs after deploy:published by itself, and this would run it again: take it out here`

/**
 * The hooks and sequences that bring `deploy:restart` into a deploy or a rollback once more. Capistrano's deploy does not run it, so that
 * most Capfiles hook it: taken over word by word, that would restart an application twice. `layers`: the hooks of the config, in order.
 */
export const restartedTwice = (registry: Registry, layers: readonly Hooks[]): RegistryProblem[] => {
  const met = ['deploy', 'deploy:rollback'].map((name) => visited(registry, name))
  if (met.every((tasks) => tasks.filter(({ name }) => name === RESTART).length < 2)) return []
  const within = new Map(met.flat().map((task) => [task.name, task]))
  const hooks = SIDES.flatMap((side) =>
    [...within.keys()].flatMap((target) =>
      (registry[side].get(target) ?? [])
        .filter(({ task }) => task === RESTART)
        .map(({ owner }) => hookProblem(owner, side, target, layers)),
    ),
  )
  const sequences = [...within.values()].filter(({ owner, def }) => owner !== 'core' && includesRestart(def.sequence))
  return [
    ...hooks,
    ...sequences.map(({ owner, name }) => ({
      owner,
      path: [name],
      message: inRecipe(owner, `the sequence of "${name}"`),
      hint: undefined,
    })),
  ]
}

/** Each task that a run of this one comes by, as often as it does. */
const visited = (registry: Registry, name: string): TaskEntry[] => {
  const tasks: TaskEntry[] = []
  orderTasks(registry, [name], (task) => {
    tasks.push(task)
    return false
  })
  return tasks
}

const includesRestart = (sequence: TaskEntry['def']['sequence']): boolean =>
  present(sequence ?? []).some((child) => !isBarrier(child) && child === RESTART)

const hookProblem = (owner: string, side: (typeof SIDES)[number], target: string, layers: readonly Hooks[]): RegistryProblem => {
  const index = layers.findIndex((hooks) => namesRestart(hooks[side]?.[target]))
  return {
    owner,
    path: [side, target],
    ...(owner === 'config' && index !== -1 && { hooks: index }),
    message: inRecipe(owner, `the hook ${side} "${target}"`),
    hint: undefined,
  }
}

const namesRestart = (value: unknown): boolean =>
  [value].flat().some((item) => item === RESTART || (typeof item === 'object' && item !== null && 'task' in item && item.task === RESTART))

/** The place of a mistake in a recipe is its `use`, so that the message has to say more. */
const inRecipe = (owner: string, what: string): string => (owner === 'config' ? MESSAGE : `${what}: ${MESSAGE}`)
