import { collectingNow, isLackOfEnv, lacksVariables, needed } from '../config/env.ts'
import { lackOf } from '../config/lacking.ts'
import type { Host } from '../inventory/types.ts'
import { render } from '../shell/render.ts'
import type { Command } from '../shell/types.ts'
import type { Entry } from '../tasks/order.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import { baseContext, targetsOf, usedName, type ContextInput } from './context.ts'
import { commandsOf } from './steps.ts'

/**
 * Tries tasks before anything is connected, to find the variables that they need and that are not set. Nothing is known about hosts yet:
 * code that reads host facts is tried no further, so every variable found here is needed in any case. Costs nothing if none is missing.
 * Tasks that are code (`run`) cannot be tried: returns a warning for each variable that their text mentions.
 */
export const tryVariables = (input: ContextInput, entries: readonly Entry[], local: Host): readonly string[] => {
  if (!lacksVariables()) return []
  const tasks = entries.flatMap((entry) => (entry.kind === 'task' ? [entry.task] : []))
  const names = tasks.map(({ name }) => name)
  const hosts = new Map<string, Set<Host>>()
  for (const task of tasks) {
    const targets = targetsOf(input, task)
    for (const host of targets === 'local' ? [local] : targets) {
      tried(() => stepsOf(input, task, host))
      if (host !== local) hosts.set(task.owner, (hosts.get(task.owner) ?? new Set()).add(host))
    }
  }
  for (const { name, recipe, settings } of input.stage.recipes) {
    const runs = (task: string) => names.includes(usedName(input.stage, name, task))
    for (const host of hosts.get(name) ?? [])
      tried(() => Object.values(recipe.definition.facts?.({ ...baseContext(input, settings, name), host, runs }) ?? {}))
  }
  return tasks.flatMap((task) => mentions(task, input.stage.vars))
}

const mentions = ({ name, def: { run } }: TaskEntry, vars: ContextInput['stage']['vars']): string[] =>
  Object.keys(vars).flatMap((key) => {
    if (!run || !String(run).includes(key)) return []
    const lack = lackOf(() => vars[key] as unknown)
    return lack ? [`${name} is code that seems to need vars.${key}, and ${lack.message}`] : []
  })

/** Opens the secrets in commands, so that those that are not set are reported before a command is sent. */
export const openSecrets = (commands: readonly Command[]): void => {
  if (lacksVariables()) collectingNow(() => commands.forEach((command) => render(command, { secrets: 'reveal' })))
}

const stepsOf = (input: ContextInput, task: TaskEntry, host: Host): readonly Command[] =>
  commandsOf(
    task.def.steps?.({
      ...baseContext(input, task.settings, task.owner, task),
      host,
      facts: unknown(),
      layout: unknown(),
      failure: undefined,
    }) ?? [],
  )

/** Ignores what the code itself throws: that is reported when it really runs. */
const tried = (make: () => readonly Command[]): void => {
  try {
    collectingNow(() => make().forEach((command) => render(command, { secrets: 'reveal' })))
  } catch (error) {
    if (isLackOfEnv(error)) needed(error)
  }
}

const unknown = (): never =>
  new Proxy(
    {},
    {
      get: () => {
        throw new Error('nothing is known of hosts yet')
      },
      ownKeys: () => {
        throw new Error('nothing is known of hosts yet')
      },
      has: () => {
        throw new Error('nothing is known of hosts yet')
      },
    },
  ) as never
