import { RUNNABLE } from '../tasks/core-names.ts'
import { isEnabled, targetsOf, whyNoHost, type ContextInput } from '../plan/context.ts'
import { typedTaskOf, tasksOf, type Entry } from '../tasks/order.ts'
import { originalOf, type Registry, type TaskEntry } from '../tasks/entry.ts'
import { usageError } from '../values/errors.ts'
import { showLocation } from '../errors/source-location.ts'
import type { RunRequest } from './request.ts'
import { SWITCH_TASK } from './state.ts'

/** The parts of a request that are known before anything is connected. */
export type RunInputs = Pick<RunRequest, 'stage' | 'hosts' | 'tasks' | 'args' | 'rest' | 'release' | 'user' | 'now'>

/** The kind of run that the tasks make. */
export interface Kind {
  readonly registry: Registry
  /** all that the tasks are made of, before any `when` */
  readonly all: readonly Entry[]
  /** it makes a release */
  readonly making: boolean
  readonly rollback: boolean
  /** `deploy:check` runs */
  readonly checks: boolean
}

/** Requests that cannot be combined in one run. */
const CONFLICTS: readonly {
  readonly when: (kind: Kind, inputs: RunInputs) => boolean
  readonly error: (inputs: RunInputs) => string
  readonly hint: string
}[] = [
  {
    when: ({ all, making, rollback }) => making !== rollback && tasksOf(all).filter(({ name }) => name === SWITCH_TASK).length > 1,
    error: ({ tasks }) => `${tasks.join(' ')}: one run makes one release`,
    hint: 'run them one after the other',
  },
  {
    when: ({ making, rollback }) => making && rollback,
    error: () => 'a deploy and a rollback cannot run together',
    hint: 'run them one after the other',
  },
  {
    when: ({ rollback }, { release }) => release !== undefined && !rollback,
    error: () => '--release is for deploy:rollback',
    hint: 'a deploy names its release itself',
  },
]

export const checkConflicts = (inputs: RunInputs, kind: Kind): void => {
  const conflict = CONFLICTS.find(({ when }) => when(kind, inputs))
  if (conflict) throw usageError(conflict.error(inputs), { hint: conflict.hint })
}

/** A requested task that runs nowhere is an error. One that comes with another task is left out. */
export const checkTargets = (
  { tasks, stage, hosts }: RunInputs,
  { registry, all }: Kind,
  enabled: readonly Entry[],
  context: ContextInput,
): void => {
  for (const name of tasks) {
    const typedTasks = (entries: readonly Entry[]) =>
      entries.flatMap((entry) => (entry.kind === 'task' && typedTaskOf(entry) === name ? [entry.task] : []))
    const override = registry.tasks.get(name)?.override
    if (override?.how === 'off')
      throw usageError(`${name} does not run: override in ${override.by === 'config' ? 'the config' : override.by} switches it off`, {
        where: showLocation(stage.file),
        hint: `the recipe's own: ${stage.shipit(originalOf(name))}`,
      })
    if (typedTasks(all).length === 0)
      throw usageError(`${name} does nothing by itself: it only runs hooks, and there are none`, { where: showLocation(stage.file) })
    if (typedTasks(enabled).length === 0) throw disabledTask(name, typedTasks(all), registry, context)
    const asked = typedTasks(enabled).filter((task) => task.name === name || typedTasks(enabled).every((one) => one.name !== name))
    if (asked.length > 0 && asked.every((task) => targetsOf(context, task).length === 0)) {
      throw usageError(`${name} runs on no host`, {
        where: stage.noHostsAt,
        hint:
          stage.hosts.length === 0
            ? `${stage.name} has no servers`
            : (asked.flatMap((task) => whyNoHost(context, task) ?? [])[0] ??
              `no host ${hosts.length < stage.hosts.length ? 'that the filters left' : `of ${stage.name}`} has the role that it runs on`),
      })
    }
  }
}

/** The error for a requested task that its `when`, or that of each of its parts, leaves out. */
const disabledTask = (name: string, parts: readonly TaskEntry[], registry: Registry, context: ContextInput) => {
  const off = [...new Set(parts.filter((task) => !isEnabled(context, task)).map((task) => task.name))]
  const subject = off.length === 0 || !isEnabled(context, registry.tasks.get(name)!) ? 'its `when`' : `the \`when\` of ${off.join(', ')}`
  return usageError(`${name} does not run: ${subject} is false`, {
    where: showLocation(context.stage.file),
    hint: 'check that function, and the settings and vars that it reads',
  })
}

const REPO_URL = "add repoUrl: 'git@github.com:you/app.git' to the config"

/**
 * The parts of a deploy run only inside `deploy` or `deploy:rollback`, which have the barriers and keep the records. `homeless`: the run
 * needs a repository, and the stage has none.
 */
export const checkParts = ({ stage }: RunInputs, entries: readonly Entry[], homeless: boolean): void => {
  for (const entry of entries) {
    if (entry.kind !== 'task' || entry.task.owner !== 'core' || RUNNABLE.has(entry.task.name)) continue
    if (entry.within.includes('deploy') || entry.within.includes('deploy:rollback')) continue
    const part = entry.task.name
    const asked = typedTaskOf(entry)
    const back = part.startsWith('deploy:revert') || /^deploy:(revert|finishing_rollback)/.test(asked)
    throw usageError(
      `${asked} runs as a part of deploy or deploy:rollback, not by itself${asked === part ? '' : `: it contains ${part}`}`,
      homeless && !back
        ? { where: showLocation(stage.file), hint: `repoUrl is not set, which a deploy needs: ${REPO_URL}; then ${stage.shipit('deploy')}` }
        : { hint: stage.shipit(back ? 'deploy:rollback' : 'deploy') },
    )
  }
  if (homeless) throw usageError('repoUrl is not set: where is the repository?', { where: showLocation(stage.file), hint: REPO_URL })
}
