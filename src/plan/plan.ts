import { checkLocal } from './local.ts'
import type { Host } from '../inventory/types.ts'
import type { Command } from '../shell/types.ts'
import type { Barrier } from '../tasks/barriers.ts'
import { askedFor, type Entry } from '../tasks/order.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import type { Failure } from '../tasks/types.ts'
import { EXIT, type ShipitError } from '../values/errors.ts'
import { withDefaults } from './defaults.ts'
import { commandsOf } from './steps.ts'
import { thrownByCode } from './thrown.ts'
import { openSecrets } from './trial.ts'
import { sharesOf } from './rolling.ts'
import { isAlone, stepsContext, targetsOf, type ContextInput } from './context.ts'
import type { Chunk, FailurePolicy, HostRead, Lane, Plan, PlannedTask, Wave } from './types.ts'

export interface PlanInput extends ContextInput {
  readonly entries: readonly Entry[]
  /** by the host's name; `local` for this machine */
  readonly reads: ReadonlyMap<string, HostRead>
  readonly local: Host
  /** to plan what follows a failure: what is known about it, per host */
  readonly failure?: (host: Host) => Failure
  /** called if a task's own code throws, to go on without it; otherwise the error is thrown */
  readonly onThrown?: (error: ShipitError) => void
}

/** Plans what runs where, in order. Pure: no clock, no network, no disk. Throws ShipitError if a task's own code throws. */
export const buildPlan = (input: PlanInput): Plan => {
  const waves: Wave[] = []
  const pipeline = input.entries.some((entry) => entry.kind === 'barrier')
  const phases = phasesOf(input.entries)
  let published = false
  let asked: string | undefined
  let lanes = new Map<Host, { task: TaskEntry; planned: PlannedTask }[]>()

  const close = (barrier: Barrier | undefined, share?: { readonly title: string; readonly wait: number }) => {
    if (lanes.size > 0) {
      const used = new Set([...lanes.values()].flatMap((list) => list.map(({ planned }) => planned.name)))
      const tasks = [
        ...new Set(input.entries.flatMap((entry) => (entry.kind === 'task' && used.has(entry.task.name) ? [entry.task.name] : []))),
      ]
      const hosts = [input.local, ...input.hosts].filter((host) => lanes.has(host))
      waves.push({
        kind: 'steps',
        title: share?.title ?? (input.failure ? 'clean up' : titleOf(phases, tasks, published, pipeline, barrier)),
        ...(share !== undefined && share.wait > 0 && { wait: share.wait }),
        tasks,
        hosts,
        lanes: hosts.map((host) => ({ host, chunks: chunksOf(lanes.get(host)!, hosts.length, host, input.failure !== undefined) })),
        barrier,
        policy: policyOf(pipeline, published, barrier),
        ...((barrier === '|checked' || (!pipeline && asked === 'deploy:check')) && { checks: true }),
        published,
      })
    }
    lanes = new Map()
    if (barrier === '|checked') phases.checked = true
    if (barrier === '|ready') phases.ready = true
    if (barrier === '|live') published = true
  }

  for (const entry of input.entries) {
    // each task that was asked for begins when the previous one has succeeded everywhere
    if (entry.kind === 'task' && !input.failure && askedFor(entry) !== asked) {
      if (asked !== undefined) close(undefined)
      asked = askedFor(entry)
    }
    if (entry.kind === 'barrier') {
      close(entry.barrier)
      continue
    }
    const { task } = entry
    const targets = targetsOf(input, task)
    const hosts = targets === 'local' ? [input.local] : targets
    if (hosts.length === 0) continue
    if (task.def.run) {
      close(undefined)
      const policy = policyOf(pipeline, published, undefined)
      waves.push({ kind: 'run', title: task.name, tasks: [task.name], hosts, barrier: undefined, policy, published, task })
      continue
    }
    // the switch is a wave of its own: everything before it must have succeeded on every host
    const alone = targets === 'local' || isAlone(task, input) || task.barrier === '|live'
    if (alone) close(undefined)
    const busy = hosts.flatMap((host) => {
      const steps = stepsOf(input, task, host)
      return steps.length > 0 ? [{ host, planned: { name: task.name, steps } }] : []
    })
    const add = (some: readonly (typeof busy)[number][]) => {
      for (const { host, planned } of some) lanes.set(host, [...(lanes.get(host) ?? []), { task, planned }])
    }
    // a recovery is in a hurry: it does not roll
    const rolling = input.failure || targets === 'local' ? undefined : sharesOf(input, task, busy)
    if (rolling) {
      close(undefined)
      rolling.shares.forEach((share, i) => {
        add(share)
        close(undefined, { title: `${task.name}, ${i + 1} of ${rolling.shares.length}`, wait: i === 0 ? 0 : rolling.wait })
      })
      continue
    }
    add(busy)
    if (alone && !task.barrier) close(undefined)
  }
  close(undefined)
  return { waves }
}

const stepsOf = (input: PlanInput, task: TaskEntry, host: Host): readonly Command[] => {
  const read = input.reads.get(host.name)
  if (!read || !task.def.steps) return []
  try {
    const list = commandsOf(task.def.steps(stepsContext(input, task, host, read, input.failure?.(host))))
    openSecrets(list)
    return list.map((command) => withDefaults(host === input.local ? checkLocal(command) : command, input.stage))
  } catch (error) {
    const thrown = thrownByCode(error, input.onThrown ? EXIT.failed : EXIT.usage, `the task ${task.name}`)
    if (!input.onThrown) throw thrown
    input.onThrown(thrown)
    return []
  }
}

/** Tasks share a script until one needs the agent, or a limit applies at this number of hosts. After a failure, each has its own script. */
const chunksOf = (list: readonly { task: TaskEntry; planned: PlannedTask }[], hosts: number, host: Host, apart: boolean): Chunk[] => {
  const chunks: { tasks: PlannedTask[]; limit: number | undefined; agent: boolean }[] = []
  for (const { task, planned } of list) {
    const limit = task.limit !== undefined && hosts > task.limit ? task.limit : undefined
    const agent = task.agent && host.ssh.forwardAgent === 'git'
    const last = chunks.at(-1)
    if (!apart && last && last.limit === limit && last.agent === agent) last.tasks.push(planned)
    else chunks.push({ tasks: [planned], limit, agent })
  }
  return chunks
}

interface Phases {
  checked: boolean
  ready: boolean
  readonly rollback: boolean
}
const phasesOf = (entries: readonly Entry[]): Phases => ({
  checked: false,
  ready: false,
  rollback: entries.some((entry) => entry.kind === 'task' && entry.task.name === 'deploy:revert_release'),
})

const titleOf = (phases: Phases, tasks: readonly string[], published: boolean, pipeline: boolean, barrier: Barrier | undefined): string => {
  if (!pipeline) return tasks.length > 3 ? `${tasks.slice(0, 2).join(', ')} and ${tasks.length - 2} more` : tasks.join(', ')
  if (barrier === '|checked' || !phases.checked) return 'check'
  if (barrier === '|ready' || !phases.ready) return phases.rollback ? 'prepare the way back' : 'prepare the release'
  if (published) return 'finish'
  return barrier === '|live' ? 'publish' : 'before the switch'
}

/** All checks run and are reported. After them, a failure ends the work of the other hosts; from the switch on, they finish. */
const policyOf = (pipeline: boolean, published: boolean, barrier: Barrier | undefined): FailurePolicy =>
  pipeline && !published && barrier !== '|checked' && barrier !== '|live' ? 'cancel' : 'finish'

export const laneSteps = (lane: Lane): readonly { task: string; command: Command }[] =>
  lane.chunks.flatMap((chunk) => chunk.tasks.flatMap((task) => task.steps.map((command) => ({ task: task.name, command }))))
