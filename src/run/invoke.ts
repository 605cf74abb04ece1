import { parseCall } from '../config/call-args.ts'
import { checkDownloads } from '../plan/check-downloads.ts'
import { checkFollowIsLast } from '../plan/check-follow.ts'
import { isEnabled, nameInRun, targetsOf, whyNoHost, type ContextInput } from '../plan/context.ts'
import { hostsUsingOwnFiles, irregularErrors } from '../plan/irregular-files.ts'
import { buildPlan } from '../plan/plan.ts'
import type { HostRead, Plan } from '../plan/types.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import { orderTasks, tasksOf, type Entry } from '../tasks/order.ts'
import { partsOf } from '../tasks/parts.ts'
import { findIn, findTask } from '../tasks/registry.ts'
import { EXIT, ShipitError, usageError } from '../values/errors.ts'
import { pendingHooks, runFinally } from './failure.ts'
import { insideOn, withFailures } from './invocation.ts'
import { lostOf, sessionOf } from './link.ts'
import { readHost } from './read-host.ts'
import { nestedState, type RunState } from './state.ts'
import { runWaves } from './waves.ts'
import type { Given, Invoke, WavesInput } from './waves-input.ts'

/**
 * Runs a task from the code of another one, as a part of its wave: its hosts are read again, because code may have changed them, and its plan
 * is made and run. Rejects with a ShipitError if anything of it fails.
 */
export const invokeTask: Invoke = async (state, from, name, given, input) => {
  const host = insideOn.getStore()
  if (host !== undefined)
    throw usageError(`invoke('${name}') is inside of on(), on ${host}, and would run the task on all of its hosts, each time`, {
      hint: 'call it before or after on(); to run commands on this host: await h.steps([sh`…`])',
    })
  const full = typeof name === 'string' ? nameInRun(input.stage, from.owner, name) : String(name)
  const { entries, context } = orderInvoked(full, given, input)
  const nested = nestedState(state)
  try {
    if (entries.length === 0) nested.emit({ type: 'log', level: 'info', task: full, message: idleNote(full, input) })
    const plan = await planInvoked(nested, entries, { ...input, ...context })
    await runInvoked(nested, plan, { ...input, ...context }, full)
  } finally {
    nested.merge()
  }
}

const idleNote = (full: string, input: WavesInput): string =>
  findTask(input.registry, full).override?.how === 'off'
    ? `${full} does not run: override switches it off`
    : isEnabled(input, findTask(input.registry, full), EXIT.failed)
      ? `${full} does nothing: no part of it runs`
      : `${full} does not run: its \`when\` is false`

/** The task with its hooks and parts, in order. */
const orderInvoked = (full: string, given: Given, input: WavesInput): { entries: readonly Entry[]; context: ContextInput } => {
  const { registry, stage, hosts, deploy, invoking = [] } = input
  findTask(registry, full)
  const context: ContextInput = { stage, hosts, deploy, ...parseCall(full, findIn(registry), given) }
  refuseSet(registry, full)
  const whole = orderTasks(registry, [full])
  for (const entry of whole) checkInvokable(entry, full, invoking)
  const entries = orderTasks(registry, [full], (task) => !isEnabled(context, task, EXIT.failed))
  return { entries, context }
}

/** Throws (usage) for a sequence that changes settings: those of this run are in use. */
const refuseSet = (registry: WavesInput['registry'], full: string): void => {
  const setting = partsOf(full, findIn(registry)).find(({ def }) => def.set !== undefined)
  if (setting)
    throw usageError(`code cannot invoke ${full}: ${setting.name} has \`set\`, which is for a whole run`, {
      hint: `invoke the tasks of its sequence, or type it: ${setting.name}`,
    })
}

/** Throws (usage) for a part of a deploy, which has barriers, records and a lock, and for a task that is running around this call. */
const checkInvokable = (entry: Entry, full: string, invoking: readonly string[]): void => {
  if (entry.kind === 'barrier' || entry.task.owner === 'core')
    throw usageError(`code cannot invoke ${full}: ${entry.kind === 'barrier' ? 'it is' : `${entry.task.name} is`} a part of a deploy`, {
      hint: `put it into a sequence: { sequence: ['${full}', …] }`,
    })
  const again = [...entry.within, entry.task.name].find((name) => invoking.includes(name))
  if (again !== undefined)
    throw usageError(`circular tasks: ${[...new Set([...invoking.slice(invoking.indexOf(again)), full]), again].join(' → ')}`, {
      hint: 'look at what these tasks invoke, and at their hooks and sequences',
    })
}

const planInvoked = async (state: RunState, entries: readonly Entry[], input: WavesInput): Promise<Plan> => {
  const tasks = tasksOf(entries)
  for (const task of tasks) {
    state.invoked.add(task)
    const on = targetsOf(input, task)
    if (on !== 'local' && on.length === 0)
      state.emit({
        type: 'log',
        level: 'info',
        task: task.name,
        message: `${task.name} runs on no host${prefixed(whyNoHost(input, task))}`,
      })
  }
  const reads = await readAgain(state, tasks, input)
  const { failure: _, failureOn, ...rest } = input
  const plan = buildPlan({ ...rest, entries, reads, ...(failureOn && { failure: failureOn }) })
  const [irregular] = irregularErrors(hostsUsingOwnFiles(plan, input.stage.deployTo), reads, input.stage.deployTo)
  if (irregular) throw irregular
  checkFollowIsLast(plan)
  checkDownloads(plan)
  return plan
}

const prefixed = (why: string | undefined): string => (why === undefined ? '' : `: ${why}`)

/** What the steps of tasks are made from. Hosts that are lost are not read: their steps fail with the reason. */
const readAgain = async (state: RunState, tasks: readonly TaskEntry[], input: WavesInput): Promise<ReadonlyMap<string, HostRead>> => {
  const targets = new Set<unknown>(tasks.flatMap((task) => (task.def.steps ? [targetsOf(input, task)].flat<unknown[]>() : [])))
  const hosts = input.hosts.filter((host) => targets.has(host) && sessionOf(state, host.name) && !lostOf(state, host.name))
  const request = {
    stage: input.stage,
    recipes: [...new Set(tasks.map(({ owner }) => owner))],
    tasks: tasks.map(({ name }) => name),
    ref: undefined,
    context: input,
    signal: input.signal,
    waitForLock: false,
    linked: false,
    sends: false,
  }
  const reads = await Promise.all(hosts.map(async (host) => [host.name, await readHost(state, host, request)] as const))
  return new Map([...state.reads, ...reads])
}

const runInvoked = async (state: RunState, plan: Plan, input: WavesInput, full: string): Promise<void> => {
  let begun = 0
  const ok = await runWaves(state, plan, { ...input, begins: (wave) => void (begun = wave + 1) })
  if (ok && state.failures.length === 0) return
  const hooks = pendingHooks(state, plan, begun)
  const { failure: _, ...rest } = input
  if (hooks.length > 0) await runFinally(state, { ...rest, reads: state.reads }, hooks)
  const [first] = state.failures
  if (first === undefined) throw new ShipitError('cancelled')
  const { task, reason, host, hint, exit } = first
  const part = task === full || task === undefined ? '' : `${task}: `
  throw withFailures(new ShipitError(`${full} failed: ${part}${reason}`, { host, hint, exit }), [...state.failures])
}
