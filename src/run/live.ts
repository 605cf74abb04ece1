import { checkLocal } from '../plan/local.ts'
import type { Host, Selector } from '../inventory/types.ts'
import { baseContext, failureFor, type ContextInput } from '../plan/context.ts'
import { withDefaults } from '../plan/defaults.ts'
import { commandsOf } from '../plan/steps.ts'
import { sh } from '../shell/sh.ts'
import { display } from '../shell/display.ts'
import type { Command, ShValue } from '../shell/types.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import type { Failure, LiveHost, Result, RunContext, Shell, StepList } from '../tasks/types.ts'
import type { Session } from '../transport/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { showable } from '../values/secret.ts'
import { runChunk } from './chunk.ts'
import { hintsOf } from './hints.ts'
import { LESS_HINT, TOO_MUCH } from './kept.ts'
import { lostOf, sessionOf } from './link.ts'
import type { RunState } from './state.ts'

export interface LiveInput extends ContextInput {
  readonly local: Host
  readonly wave: number
  readonly signal: AbortSignal
  readonly failure: Failure | undefined
  /** counts the running commands of the code */
  readonly busy?: { commands: number }
}

/** What a `run` task is called with: hosts that answer at once. Each call is a round trip and, like every step, an event. */
export const runContext = (state: RunState, task: TaskEntry, input: LiveInput): RunContext => {
  const shellOf = (host: Host) => createShell(state, task.name, host, input)
  const log = (level: 'debug' | 'info' | 'warn') => (message: string) => {
    showable(`log.${level}()`, message)
    state.emit({ type: 'log', level, message, task: task.name })
  }
  const base = baseContext(input, task.settings, task.owner, task)
  return {
    ...base,
    on: async (on, fn) => {
      const hosts = toHosts(on, base.hosts)
      const results = await Promise.allSettled(hosts.map(async (host) => fn({ ...host, ...shellOf(host) } as LiveHost)))
      const broken = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
      if (broken.length > 0) throw withOthers(broken)
      return new Map(hosts.map((host, i) => [host, (results[i] as PromiseFulfilledResult<Awaited<ReturnType<typeof fn>>>).value]))
    },
    local: shellOf(input.local),
    fail: (message, o = {}) => {
      showable('fail()', message)
      showable('the hint of fail()', o.hint)
      throw new ShipitError(message, { hint: o.hint, host: o.host?.name })
    },
    log: {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      table: (rows) => state.emit({ type: 'table', task: task.name, rows }),
    },
    failure: input.failure && failureFor(input.stage, task.owner, input.failure),
    signal: input.signal,
  }
}

const others = new WeakMap<object, readonly unknown[]>()

/** The first error of several hosts. The others are reported with it if it ends the task. */
const withOthers = ([first, ...rest]: readonly unknown[]): unknown => {
  if (typeof first === 'object' && first !== null && rest.length > 0) others.set(first, rest)
  return first
}
/** The error that ended a task, and those of the other hosts. */
export const allOf = (error: unknown): readonly unknown[] => [
  error,
  ...(typeof error === 'object' && error !== null ? (others.get(error) ?? []) : []),
]

const toHosts = (on: Selector | Host | readonly Host[], hosts: (on: Selector) => readonly Host[]): readonly Host[] => {
  if (isHost(on)) return [on]
  if (Array.isArray(on) && on.every(isHost)) return on as readonly Host[]
  return hosts(on as Selector)
}
const isHost = (value: unknown): value is Host => typeof value === 'object' && value !== null && 'address' in value

type Typed = [Command] | [TemplateStringsArray, ...ShValue[]]
const commandOf = ([first, ...values]: Typed): Command => ('kind' in first ? first : sh(first, ...(values as ShValue[])))

const sessionFor = (state: RunState, host: Host): Session => {
  const found = sessionOf(state, host.name)
  if (!found) throw new ShipitError(`${host.name} is not one of this run's hosts`, { host: host.name, exit: EXIT.usage })
  return found
}

const createShell = (state: RunState, task: string, host: Host, input: LiveInput): Shell & { steps(list: StepList): Promise<void> } => {
  const failed = (command: Command, end: CommandEnd) => failureOf(host, command, end, state.reads.get(host.name)?.layout.user)
  const send = async (commands: readonly Command[], captured = false, keep = false) => {
    const all = commands.map((command) => withDefaults(host === input.local ? checkLocal(command) : command, input.stage))
    const busy = input.busy ?? { commands: 0 }
    // throws if the host is not part of this run, before its command is counted
    const session = sessionFor(state, host)
    busy.commands++
    const result = await runChunk([{ name: task, steps: all }], {
      state,
      host,
      session,
      wave: input.wave,
      signal: input.signal,
      keep,
      quiet: true,
      captured,
    }).finally(() => busy.commands--)
    const lost = lostOf(state, host.name)
    if (lost && !result.ok) throw new ShipitError(`the connection was lost: ${lost.message}`, { host: host.name, exit: EXIT.unreachable })
    if (input.signal.aborted && !result.ok) throw new ShipitError('cancelled', { host: host.name })
    return { ...result, commands: all }
  }
  const one = async (
    command: Command,
    captured: boolean,
    keep: boolean,
  ): Promise<Result & { failed: boolean; reason: string | undefined }> => {
    const { outcomes, printed } = await send([command], captured, keep)
    const outcome = outcomes[0]!
    const { stdout, stderr } = printed[0]!
    return { code: outcome.code ?? -1, stdout, stderr, ms: outcome.ms, failed: outcome.status === 'failed', reason: outcome.reason }
  }
  const orThrow = async (command: Command, captured = false) => {
    const result = await one(command, captured, true)
    if (!result.failed) return result
    throw failed(command, result)
  }
  return {
    run: async (...typed: Typed) => {
      const { code, stdout, stderr, ms } = await orThrow(commandOf(typed))
      return { code, stdout, stderr, ms }
    },
    test: async (...typed: Typed) => {
      const command = commandOf(typed)
      const result = await one(command.allowFailure(), true, false)
      if (result.code >= 126 || result.code < 0) throw failed(command, result)
      return result.code === 0
    },
    capture: async (...typed: Typed) => (await orThrow(commandOf(typed), true)).stdout.replace(/\n$/, ''),
    steps: async (list) => {
      const commands = commandsOf(list)
      const { ok, outcomes, printed } = await send(commands)
      if (ok) return
      const at = outcomes.findIndex((outcome) => outcome.status === 'failed')
      if (at >= 0) throw failed(commands[at]!, { ...printed[at]!, code: outcomes[at]!.code ?? -1, reason: outcomes[at]!.reason })
    },
  }
}

interface CommandEnd {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly reason: string | undefined
}

const failureOf = (host: Host, command: Command, r: CommandEnd, user: string | undefined): ShipitError => {
  const { says } = command.spec
  if (says !== undefined && r.code === 1) return new ShipitError(says.message, { host: host.name, hint: hintsOf(command, r, host, user) })
  const said = (r.stderr.trim() || r.stdout.trim()).split('\n').slice(-5).join('\n')
  return new ShipitError(`${display(command)}: ${r.reason ?? `exit ${r.code}`}${said ? `\n${said}` : ''}`, {
    host: host.name,
    hint: r.reason === TOO_MUCH ? LESS_HINT : hintsOf(command, r, host, user),
  })
}
