import { collectEnvErrorsSync, isEnvError, hasMissingVariables, questionsOf, requireVariable } from '../config/env-issues.ts'
import { missingError, revealSecrets } from '../config/missing-variables.ts'
import { factCommands } from '../facts/fact.ts'
import type { Host } from '../inventory/types.ts'
import { openSecrets } from '../shell/sudo-password.ts'
import type { Command } from '../shell/types.ts'
import { typedTaskOf, type Entry } from '../tasks/order.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import { baseContext, targetsOf, nameInRun, type ContextInput } from './context.ts'
import { flattenSteps } from './flatten-steps.ts'

/**
 * Tries tasks before anything is connected, to find the variables that they need and that are not set. Nothing is known about hosts yet:
 * code that reads host facts is tried no further, so every variable found here is needed in any case. Costs nothing if none is missing.
 * Tasks that are code (`run`) cannot be tried: returns a warning for each variable that their text mentions. A question that such a text
 * mentions, or that of steps which read host facts, counts as needed: a person can be asked only now.
 */
export const findMissingVariables = (input: ContextInput, entries: readonly Entry[], local: Host): readonly string[] => {
  if (!hasMissingVariables()) return []
  const taskEntries = entries.flatMap((entry) => (entry.kind === 'task' ? [entry] : []))
  const tasks = taskEntries.map(({ task }) => task)
  const names = tasks.map(({ name }) => name)
  const hosts = new Map<string, Set<Host>>()
  for (const entry of taskEntries) {
    const { task } = entry
    // the core's own parts of a deploy cannot be typed
    const needer = `the task ${task.owner === 'core' ? typedTaskOf(entry) : task.name}`
    const targets = targetsOf(input, task)
    for (const host of targets === 'local' ? [local] : targets) {
      if (!evaluate(() => stepsOf(input, task, host), { needer, host })) {
        requireMentioned(task, input.stage.vars)
        if (SUDO.test(String(task.def.steps))) requirePassword(host, needer)
      }
      if (host !== local) hosts.set(task.owner, (hosts.get(task.owner) ?? new Set()).add(host))
    }
  }
  for (const { name, recipe, settings } of input.stage.recipes) {
    const runs = (task: string) => names.includes(nameInRun(input.stage, name, task))
    for (const host of hosts.get(name) ?? [])
      evaluate(() => factCommands(recipe.definition.facts?.({ ...baseContext(input, settings, name), host, runs }) || {}), {
        needer: `the recipe ${name}`,
        host,
      })
  }
  for (const task of tasks) {
    if (!task.def.run) continue
    requireMentioned(task, input.stage.vars)
    // code may use any host
    if (SUDO.test(String(task.def.run))) for (const host of input.hosts) requirePassword(host, `the task ${task.name}`)
  }
  return tasks.flatMap((task) => mentionedVariables(task, input.stage.vars))
}

/** Has the questions asked that the text of a task mentions, among the variables and its recipe's settings. */
const requireMentioned = ({ def, settings }: TaskEntry, vars: ContextInput['stage']['vars']): void => {
  const text = String(def.run ?? def.steps)
  for (const values of [vars, settings as Readonly<Record<string, unknown>>])
    for (const key of Object.keys(values)) {
      const missing = text.includes(key) ? missingError(() => values[key]) : undefined
      if (missing && questionsOf(missing).length > 0) requireVariable(missing)
    }
}

const mentionedVariables = ({ name, def: { run } }: TaskEntry, vars: ContextInput['stage']['vars']): string[] =>
  Object.keys(vars).flatMap((key) => {
    if (!run || !String(run).includes(key)) return []
    const missing = missingError(() => vars[key] as unknown)
    return missing && questionsOf(missing).length === 0 ? [`${name} is code that seems to need vars.${key}, and ${missing.message}`] : []
  })

/** Opens the secrets in commands, so that those that are not set are reported before a command is sent. */
export const requireSecrets = (commands: readonly Command[], host: Host): void => {
  if (hasMissingVariables()) collectEnvErrorsSync(() => commands.forEach((command) => openSecrets(command, host)))
}

/** What in code, or in steps that cannot be tried to their end, may run something through sudo. */
const SUDO = /sudo|\.as\(/i

const requirePassword = (host: Host, needer: string): void => {
  try {
    collectEnvErrorsSync(() => revealSecrets(host.sudoPassword), needer)
  } catch (error) {
    if (!isEnvError(error)) throw error
    requireVariable(error)
  }
}

/** The steps of a task before anything is known of the host. Throws if they depend on that. */
export const stepsOf = (input: ContextInput, task: TaskEntry, host: Host): readonly Command[] =>
  flattenSteps(
    task.def.steps?.({
      ...baseContext(input, task.settings, task.owner, task),
      host,
      facts: unknown(),
      layout: unknown(),
      failure: undefined,
    }) ?? [],
  )

/**
 * Ignores what the code itself throws: that is reported when it really runs. `needer`: what needs the variables that it finds missing.
 * Returns whether the code came to its end.
 */
const evaluate = (make: () => readonly Command[], { needer, host }: { readonly needer: string; readonly host: Host }): boolean => {
  try {
    collectEnvErrorsSync(() => make().forEach((command) => openSecrets(command, host)), needer)
    return true
  } catch (error) {
    if (!isEnvError(error)) return false
    requireVariable(error)
    return true
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
