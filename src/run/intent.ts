import { collectEnvErrorsSync } from '../config/env-issues.ts'
import type { Stage } from '../tasks/stage.ts'
import type { Host } from '../inventory/types.ts'
import { runsOnPrimary, missingRoles, filteredOutHost, isEnabled, targetsOf, whyNoHost, type ContextInput } from '../plan/context.ts'
import { sharesOf } from '../plan/rolling.ts'
import { suggestDeployTo } from '../plan/own-deploy-path.ts'
import { findMissingVariables } from '../plan/trial-evaluation.ts'
import { orderTasks, tasksOf, type Entry } from '../tasks/order.ts'
import { usesGit } from '../tasks/deploy/git/replaced-tasks.ts'
import { createRegistry, findIn } from '../tasks/registry.ts'
import { refuseHookedSet } from '../tasks/sequence-set.ts'
import type { Registry, TaskEntry } from '../tasks/entry.ts'
import { usageError } from '../values/errors.ts'
import { showLocation } from '../errors/source-location.ts'
import { withDeclaredChecks } from './declared-checks.ts'
import { deployInfo } from './deploy-info.ts'
import { checkConflicts, checkParts, checkTargets, type RunInputs, type Kind } from './intent-checks.ts'
import { localHost } from './local-host.ts'

/** What a run will do, known before it connects. */
export interface Intent {
  readonly registry: Registry
  readonly entries: readonly Entry[]
  /** it makes a release */
  readonly making: boolean
  /** shipit's own git tasks fetch its code */
  readonly git: boolean
  readonly rollback: boolean
  /** `deploy:check` runs, outside a deploy or a rollback */
  readonly checks: boolean
  /** the hosts that tasks run on; all of them for a deploy, a rollback or code */
  readonly hosts: readonly Host[]
  /** those that run a task alone, as the primary of a role */
  readonly alone: readonly string[]
  readonly needsLocal: boolean
  /** shared deploy paths, optional hooks that seem mistyped, tasks whose only host is filtered out, variables that code seems to need */
  readonly warnings: readonly string[]
  /** tasks left out because no host of this stage has their role, or fits their `where`; one line per reason */
  readonly notes: readonly string[]
}

/** Orders the tasks and checks everything that can be checked before connecting, including variables they need. Throws usage errors. */
export const createIntent = (request: RunInputs): Intent => collectEnvErrorsSync(() => buildIntent(request))

interface Target {
  readonly task: TaskEntry
  readonly on: ReturnType<typeof targetsOf>
}

const buildIntent = (inputs: RunInputs): Intent => {
  const { stage, tasks } = inputs
  const kind = kindOf(inputs)
  const { registry, making, rollback } = kind
  checkConflicts(inputs, kind)
  const deploy = deployInfo(inputs, kind)
  const context: ContextInput = { stage, hosts: inputs.hosts, deploy, args: inputs.args, rest: inputs.rest }
  const leaveOut = (task: TaskEntry) => !isEnabled(context, task)
  const entries = orderTasks(registry, tasks, leaveOut)
  const git = !rollback && tasksOf(entries).some((task) => task.owner === 'core' && task.name.startsWith('git:'))
  checkParts(inputs, entries, git && !stage.repoUrl)
  refuseHookedSet(entries, tasks, findIn(registry))
  const targets = tasksOf(entries).map((task): Target => ({ task, on: targetsOf(context, task) }))
  checkTargets(inputs, kind, entries, context)
  // reject an invalid rolling size before connecting
  for (const { task, on } of targets) if (on !== 'local') sharesOf(context, task, on)
  const hosts = hostsOf(context, targets)
  // hooks on a failure may run here too
  const possible = deploy.releasing ? [...entries, ...orderTasks(registry, ['deploy:failed'], leaveOut)] : entries
  const needsLocal = tasksOf(possible).some((task) => task.def.run !== undefined || targetsOf(context, task) === 'local')
  const filtered = filteredWarnings(context, targets)
  const checks = kind.checks && !making && !rollback
  // a release needs the branch, and the checks ask the repository for it
  if (stage.revision === undefined && (making || (checks && usesGit(stage)))) void stage.branch
  const variableWarnings = findMissingVariables(context, entries, localHost)
  const notes = notRunNotes(context, [...new Set(targets.map(({ task }) => task))])
  return {
    registry,
    entries,
    making,
    git: making && git,
    rollback,
    checks,
    hosts,
    alone: targets.flatMap(({ task, on }) => (on !== 'local' && runsOnPrimary(task, context) ? on.map(({ name }) => name) : [])),
    needsLocal,
    warnings: [...new Set([...sharingWarnings(stage, making || rollback), ...filtered, ...variableWarnings, ...registry.warnings])],
    notes,
  }
}

/** The kind of run that tasks make, and its registry, with the checks that the tasks declare. */
export const kindOf = ({ stage, tasks }: RunInputs): Kind => {
  const plain = createRegistry(stage)
  const ordered = orderTasks(plain, tasks)
  const checks = ordered.some((entry) => entry.kind === 'task' && entry.within.includes('deploy:check'))
  const registry = checks ? withDeclaredChecks(stage, plain) : plain
  const all = checks ? orderTasks(registry, tasks) : ordered
  const has = (name: string) => tasksOf(all).some((task) => task.name === name)
  return { registry, all, making: has('deploy:new_release_path'), rollback: has('deploy:revert_release'), checks }
}

/** The hosts that the tasks run on. Throws a usage error if a release has nowhere to go. */
const hostsOf = ({ stage, hosts: given, deploy }: ContextInput, targets: readonly Target[]): readonly Host[] => {
  const used = new Set(targets.flatMap(({ on }) => (on === 'local' ? [] : on)))
  // code may use any host, and so may hooks on a failure
  const needsAll = deploy.releasing || targets.some(({ task }) => task.def.run)
  const hosts = needsAll ? given : given.filter((host) => used.has(host))
  if (deploy.releasing && !hosts.some((host) => host.release)) {
    throw usageError('there is no host to release to', {
      where: showLocation(stage.file),
      hint: 'every host has release: false, or the filters leave out all that get releases',
    })
  }
  return hosts
}

/** Tasks for one host alone, which the filters leave out. */
const filteredWarnings = (context: ContextInput, targets: readonly Target[]): ReadonlySet<string> =>
  new Set(
    targets.flatMap(({ task }) => {
      const host = filteredOutHost(context, task)
      return host === undefined ? [] : [`${task.name} does not run: it is for ${host.name}, which the filters leave out`]
    }),
  )

/** Only one of two stages with the same deploy path can be live there. The other is refused because of what is live, perhaps much later. */
const sharingWarnings = ({ name, application, sharing = [], deployTo }: Stage, releasing: boolean): readonly string[] =>
  !releasing
    ? []
    : sharing.map(
        ({ stage, host }) =>
          `${name} and ${stage} both have deployTo ${deployTo} on ${host}: only one of them can deploy there. ` +
          `To deploy both: ${suggestDeployTo({ application, deployTo })}`,
      )

const notRunNotes = (context: ContextInput, tasks: readonly TaskEntry[]): readonly string[] => {
  const tasksByRole = new Map<string, string[]>()
  for (const task of tasks)
    for (const role of missingRoles(context, task)) tasksByRole.set(role, [...(tasksByRole.get(role) ?? []), task.name])
  const roles = [...tasksByRole].map(
    ([role, names]) =>
      `${context.stage.name} has no host with the role "${role}": ${names.join(', ')} ${names.length === 1 ? 'does' : 'do'} not run`,
  )
  const others = tasks.flatMap((task) => {
    const why = whyNoHost(context, task, { unfiltered: true })
    return why === undefined ? [] : [`${task.name} does not run: ${why}`]
  })
  return [...roles, ...others]
}

/** Every run that changes the releases holds the lock. */
export const needsLock = (intent: Intent): boolean =>
  intent.making || intent.rollback || intent.entries.some((entry) => entry.kind === 'task' && entry.task.name === 'deploy:cleanup')
