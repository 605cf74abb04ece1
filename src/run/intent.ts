import { collectingNow } from '../config/env.ts'
import type { Stage } from '../tasks/stage.ts'
import type { Host } from '../inventory/types.ts'
import { lackingRoles, leftOut, takesPart, targetsOf, type ContextInput } from '../plan/context.ts'
import { sharesOf } from '../plan/rolling.ts'
import { tryVariables } from '../plan/trial.ts'
import { askedFor, orderTasks, type Entry } from '../tasks/order.ts'
import { bringsCode } from '../tasks/deploy/git/source.ts'
import { createRegistry } from '../tasks/registry.ts'
import type { Registry, TaskEntry } from '../tasks/entry.ts'
import { usageError } from '../values/errors.ts'
import { withChecks } from './checked.ts'
import { deployInfo } from './deploy-info.ts'
import { localHost } from './local.ts'
import type { RunRequest } from './request.ts'

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
  readonly needsLocal: boolean
  /** shared deploy paths, tasks whose only host is filtered out, variables that code seems to need */
  readonly warnings: readonly string[]
  /** tasks left out because no host of this stage has their role; one line per role */
  readonly notes: readonly string[]
}

/** Orders the tasks and checks everything that can be checked before connecting, including variables they need. Throws usage errors. */
export const intend = (request: Asked): Intent => collectingNow(() => intended(request))

type Asked = Pick<RunRequest, 'stage' | 'hosts' | 'tasks' | 'args' | 'release' | 'user' | 'now'>

const intended = (request: Asked): Intent => {
  const { stage, tasks } = request
  const plain = createRegistry(stage)
  const asked = orderTasks(plain, tasks)
  const checks = asked.some((entry) => entry.kind === 'task' && entry.within.includes('deploy:check'))
  const registry = checks ? withChecks(stage, plain) : plain
  const first = checks ? orderTasks(registry, tasks) : asked
  const has = (name: string) => first.some((entry) => entry.kind === 'task' && entry.task.name === name)
  const making = has('deploy:new_release_path')
  const rollback = has('deploy:revert_release')
  const releases = first.filter((entry) => entry.kind === 'task' && entry.task.name === 'deploy:symlink:release').length
  if (releases > 1 && making !== rollback)
    throw usageError(`${tasks.join(' ')}: one run makes one release`, { hint: 'run them one after the other' })
  if (making && rollback) throw usageError('a deploy and a rollback cannot run together', { hint: 'run them one after the other' })
  if (request.release !== undefined && !rollback)
    throw usageError('--release is for deploy:rollback', { hint: 'a deploy names its release itself' })
  const deploy = deployInfo(request, { making, rollback })
  const context: ContextInput = { stage, hosts: request.hosts, deploy, args: request.args }
  const leaveOut = (task: TaskEntry) => !takesPart(context, task)
  const entries = orderTasks(registry, tasks, leaveOut)
  const git =
    !rollback && entries.some((entry) => entry.kind === 'task' && entry.task.owner === 'core' && entry.task.name.startsWith('git:'))
  const homeless = git && !stage.repoUrl
  checkParts(request, entries, homeless)
  if (homeless) throw usageError('repoUrl is not set: where is the repository?', { where: stage.file, hint: REPO_URL })
  const targets = entries.flatMap((entry) => (entry.kind === 'task' ? [{ task: entry.task, on: targetsOf(context, entry.task) }] : []))
  const used = new Set(targets.flatMap(({ on }) => (on === 'local' ? [] : on)))
  // code may use any host, and so may hooks on a failure
  const needsAll = deploy.releasing || entries.some((entry) => entry.kind === 'task' && entry.task.def.run)
  const hosts = needsAll ? request.hosts : request.hosts.filter((host) => used.has(host))
  checkTargets(request, first, entries, context)
  // reject an invalid rolling size before connecting
  for (const { task, on } of targets) if (on !== 'local') sharesOf(context, task, on)
  if (deploy.releasing && !hosts.some((host) => host.release)) {
    throw usageError('there is no host to release to', {
      where: stage.file,
      hint: 'every host says release: false, or the filters left none that gets releases',
    })
  }
  // hooks on a failure may run here too
  const possible = deploy.releasing ? [...entries, ...orderTasks(registry, ['deploy:failed'], leaveOut)] : entries
  const needsLocal = possible.some(
    (entry) => entry.kind === 'task' && (entry.task.def.run !== undefined || targetsOf(context, entry.task) === 'local'),
  )
  const warnings = new Set(
    targets.flatMap(({ task }) => {
      const host = leftOut(context, task)
      return host === undefined ? [] : [`${task.name} does not run: it is for ${host.name}, which the filters leave out`]
    }),
  )
  const checking = checks && !making && !rollback
  // a release needs the branch, and the checks ask the repository for it
  if (stage.revision === undefined && (making || (checking && bringsCode(stage)))) void stage.branch
  const seeming = tryVariables(context, entries, localHost)
  const notes = lackingNotes(context, [...new Set(targets.map(({ task }) => task))])
  return {
    registry,
    entries,
    making,
    git: making && git,
    rollback,
    checks: checking,
    hosts,
    needsLocal,
    warnings: [...new Set([...sharingWarnings(stage, making || rollback), ...warnings, ...seeming])],
    notes,
  }
}

/** Only one of two stages with the same deploy path can be live there. The other is refused because of what is live, perhaps much later. */
const sharingWarnings = ({ name, sharing = [], deployTo }: Stage, releasing: boolean): readonly string[] =>
  !releasing
    ? []
    : sharing.map(
        ({ stage, host }) =>
          `${name} and ${stage} both have deployTo ${deployTo} on ${host}: only one of them can deploy there. ` +
          'To deploy both: deployTo: ({ application, stage }) => `/var/www/${application}_${stage}`',
      )

const lackingNotes = (context: ContextInput, tasks: readonly TaskEntry[]): readonly string[] => {
  const left = new Map<string, string[]>()
  for (const task of tasks) for (const role of lackingRoles(context, task)) left.set(role, [...(left.get(role) ?? []), task.name])
  return [...left].map(
    ([role, names]) =>
      `${context.stage.name} has no host with the role "${role}": ${names.join(', ')} ${names.length === 1 ? 'does' : 'do'} not run`,
  )
}

/** A requested task that runs nowhere is an error. One that comes with another task is left out, and so is one whose `when` says no. */
const checkTargets = (
  { tasks, stage, hosts }: Pick<RunRequest, 'tasks' | 'stage' | 'hosts'>,
  all: readonly Entry[],
  left: readonly Entry[],
  context: ContextInput,
) => {
  for (const name of tasks) {
    const own = (entries: readonly Entry[]) =>
      entries.flatMap((entry) => (entry.kind === 'task' && askedFor(entry) === name ? [entry.task] : []))
    if (own(all).length === 0)
      throw usageError(`${name} does nothing: it is a place for hooks, and nothing hangs on it`, { where: stage.file })
    const asked = own(left).filter((task) => task.name === name || own(left).every((one) => one.name !== name))
    if (asked.length > 0 && asked.every((task) => targetsOf(context, task).length === 0)) {
      throw usageError(`${name} runs on no host`, {
        hint:
          stage.hosts.length === 0
            ? `${stage.name} has no servers`
            : `no host ${hosts.length < stage.hosts.length ? 'that the filters left' : `of ${stage.name}`} has the role that it runs on`,
      })
    }
  }
}

const REPO_URL = "add repoUrl: 'git@github.com:you/app.git' to the config"

/** The parts of a deploy run only inside `deploy` or `deploy:rollback`, which have the barriers and keep the records. */
const checkParts = ({ stage }: Pick<RunRequest, 'stage'>, entries: readonly Entry[], homeless: boolean) => {
  for (const entry of entries) {
    if (entry.kind !== 'task' || entry.task.owner !== 'core' || ALONE.has(entry.task.name)) continue
    if (entry.within.includes('deploy') || entry.within.includes('deploy:rollback')) continue
    const part = entry.task.name
    const asked = askedFor(entry)
    const back = part.startsWith('deploy:revert') || /^deploy:(revert|finishing_rollback)/.test(asked)
    throw usageError(
      `${asked} runs as a part of deploy or deploy:rollback, not by itself${asked === part ? '' : `: it has ${part} in it`}`,
      homeless && !back
        ? { where: stage.file, hint: `repoUrl is not set, which a deploy needs: ${REPO_URL}; then ${stage.shipit('deploy')}` }
        : { hint: stage.shipit(back ? 'deploy:rollback' : 'deploy') },
    )
  }
}

/** Core tasks that make sense by themselves. */
const ALONE = new Set([
  'git:check',
  'deploy:check:directories',
  'deploy:check:linked_dirs',
  'deploy:check:make_linked_dirs',
  'deploy:check:linked_files',
  'deploy:cleanup',
])

/** Every run that changes the releases holds the lock. */
export const needsLock = (intent: Intent): boolean =>
  intent.making || intent.rollback || intent.entries.some((entry) => entry.kind === 'task' && entry.task.name === 'deploy:cleanup')
