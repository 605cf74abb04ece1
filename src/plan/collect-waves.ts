import type { Host } from '../inventory/types.ts'
import type { Command } from '../shell/types.ts'
import type { Barrier } from '../tasks/barriers.ts'
import type { Entry, FinallyHook } from '../tasks/order.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import type { Chunk, FailurePolicy, Plan, PlannedTask, Wave } from './types.ts'

export interface WavesInput {
  readonly entries: readonly Entry[]
  /** in the order of the inventory */
  readonly hosts: readonly Host[]
  readonly local: Host
  /** it follows a failure */
  readonly recovering: boolean
}

/** The part of a task that runs on one host. */
export interface HostShare {
  readonly host: Host
  readonly planned: PlannedTask
}

/** The waves so far, and what the hosts do in the next one. */
export interface Waves {
  readonly all: readonly Wave[]
  readonly finals: Plan['finals'] & {}
  /** Each task that was asked for begins when the one before it has succeeded everywhere. */
  startTask(task: string): void
  /** A finally hook begins when all before it has ended everywhere, and has waves of its own. undefined: no such hook. */
  startHook(hook: FinallyHook | undefined): void
  add(task: TaskEntry, shares: readonly HostShare[]): void
  /** A task that is code is a wave of its own. */
  addCode(task: TaskEntry, hosts: readonly Host[]): void
  /** Ends the next wave, if there is anything in it. */
  close(barrier: Barrier | undefined, how?: Closing): void
}

export const createWaves = (input: WavesInput): Waves => {
  const waves: Wave[] = []
  const finals: { readonly hook: FinallyHook; readonly at: number }[] = []
  const so: Collecting = {
    pipeline: input.entries.some((entry) => entry.kind === 'barrier'),
    phases: phasesOf(input.entries),
    published: false,
    typedTask: undefined,
    final: undefined,
  }
  let lanes: Collected = new Map()
  const close: Waves['close'] = (barrier, share) => {
    if (lanes.size > 0) waves.push(stepsWave(input, so, lanes, barrier, share))
    lanes = new Map()
    if (barrier === '|checked') so.phases.checked = true
    if (barrier === '|ready') so.phases.ready = true
    if (barrier === '|live') so.published = true
  }
  return {
    all: waves,
    finals,
    startHook: (hook) => {
      if (hook === so.final) return
      // what is before a finally hook of a check is a check
      close(undefined, so.final === undefined && so.pipeline && !so.phases.checked ? 'checks' : undefined)
      so.final = hook
      if (hook) finals.push({ hook, at: waves.length })
    },
    startTask: (task) => {
      if (task === so.typedTask) return
      if (so.typedTask !== undefined) close(undefined)
      so.typedTask = task
    },
    add: (task, shares) => {
      for (const { host, planned } of shares) lanes.set(host, [...(lanes.get(host) ?? []), { task, planned }])
    },
    addCode: (task, hosts) => {
      close(undefined)
      const { pipeline, published, final } = so
      const policy = final === undefined ? policyOf(pipeline, published, undefined) : 'finish'
      const title = final === undefined ? task.name : finallyTitle([task.name])
      const rest = { tasks: [task.name], hosts, barrier: undefined, policy, published, task, ...(final && { finally: final }) } as const
      waves.push({ kind: 'run', title, ...rest })
    },
    close,
  }
}

/** How far the collection has got. */
interface Collecting {
  readonly pipeline: boolean
  readonly phases: Phases
  published: boolean
  typedTask: string | undefined
  final: FinallyHook | undefined
}

type Closing = { readonly title: string; readonly wait: number } | 'checks' | undefined

const stepsWave = (input: WavesInput, so: Collecting, lanes: Collected, barrier: Barrier | undefined, how: Closing): Wave => {
  const { pipeline, published, typedTask, final } = so
  const tasks = tasksIn(lanes, input.entries)
  const share = how === 'checks' ? undefined : how
  const checks = final === undefined && (how === 'checks' || barrier === '|checked' || (!pipeline && typedTask === 'deploy:check'))
  return {
    kind: 'steps',
    title: share?.title ?? (final ? finallyTitle(tasks) : input.recovering ? 'clean up' : titleOf({ ...so, tasks, barrier })),
    ...(share !== undefined && share.wait > 0 && { wait: share.wait }),
    tasks,
    ...lanesOf(lanes, input, final !== undefined),
    barrier,
    policy: final || checks ? 'finish' : policyOf(pipeline, published, barrier),
    ...(checks && { checks }),
    published,
    ...(final && { finally: final }),
  }
}

/** A hook that is written in place is called `finally deploy (config, hook 2)` already. */
const finallyTitle = (tasks: readonly string[]): string => (tasks[0]?.startsWith('finally ') ? '' : 'finally: ') + tasks.join(', ')

type Collected = Map<Host, readonly { readonly task: TaskEntry; readonly planned: PlannedTask }[]>

/** The names of the tasks, in the order in which they were asked for. */
const tasksIn = (lanes: Collected, entries: readonly Entry[]): readonly string[] => {
  const used = new Set([...lanes.values()].flatMap((list) => list.map(({ planned }) => planned.name)))
  return [...new Set(entries.flatMap((entry) => (entry.kind === 'task' && used.has(entry.task.name) ? [entry.task.name] : [])))]
}

const lanesOf = (lanes: Collected, { local, hosts: all, recovering }: WavesInput, final: boolean) => {
  const hosts = [local, ...all].filter((host) => lanes.has(host))
  return { hosts, lanes: hosts.map((host) => ({ host, chunks: chunksOf(lanes.get(host)!, hosts.length, host, recovering || final) })) }
}

/** Tasks share a script until one needs the agent, or a limit applies at this number of hosts. After a failure, and in a finally hook, each has its own script. */
const chunksOf = (list: readonly { task: TaskEntry; planned: PlannedTask }[], hosts: number, host: Host, separate: boolean): Chunk[] => {
  const chunks: { tasks: PlannedTask[]; limit: number | undefined; agent: boolean; tty?: true }[] = []
  for (const { task, planned } of list) {
    const limit = task.limit !== undefined && hosts > task.limit ? task.limit : undefined
    const agent = task.agent && host.ssh.forwardAgent === 'git'
    for (const part of splitAtTerminals(planned)) {
      const last = chunks.at(-1)
      const tty = part.steps.some(({ spec }) => spec.tty)
      if (!separate && !tty && last && !last.tty && last.limit === limit && last.agent === agent) last.tasks.push(part)
      else chunks.push({ tasks: [part], limit, agent, ...(tty ? { tty: true as const } : {}) })
    }
  }
  return chunks
}

/** A step that takes the terminal runs by itself. */
const splitAtTerminals = ({ name, steps }: PlannedTask): readonly PlannedTask[] => {
  if (!steps.some(({ spec }) => spec.tty)) return [{ name, steps }]
  const parts: Command[][] = []
  for (const [i, step] of steps.entries()) {
    if (i === 0 || step.spec.tty || steps[i - 1]!.spec.tty) parts.push([step])
    else parts.at(-1)!.push(step)
  }
  return parts.map((part, i) => ({ name, steps: part, ...(i < parts.length - 1 ? { more: true as const } : {}) }))
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

/** A wave of more tasks is called by the task that was typed. */
const MOST_NAMES = 3

interface Titled extends Omit<Collecting, 'final'> {
  readonly tasks: readonly string[]
  readonly barrier: Barrier | undefined
}
const titleOf = ({ phases, tasks, published, pipeline, barrier, typedTask }: Titled): string => {
  if (!pipeline && tasks.length <= MOST_NAMES) return tasks.join(', ')
  if (!pipeline) return typedTask ?? `${tasks.slice(0, MOST_NAMES - 1).join(', ')} and ${tasks.length - MOST_NAMES + 1} more`
  if (barrier === '|checked' || !phases.checked) return 'check'
  if (barrier === '|ready' || !phases.ready) return phases.rollback ? 'prepare the way back' : 'prepare the release'
  if (published) return 'finish'
  return barrier === '|live' ? 'publish' : 'before the switch'
}

/** All checks run and are reported. After them, a failure ends the work of the other hosts; from the switch on, they finish. */
const policyOf = (pipeline: boolean, published: boolean, barrier: Barrier | undefined): FailurePolicy =>
  pipeline && !published && barrier !== '|checked' && barrier !== '|live' ? 'cancel' : 'finish'
