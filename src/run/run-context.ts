import { checkLocalCommand } from '../plan/local-command.ts'
import type { Downloads } from '../plan/check-downloads.ts'
import type { Host, Selector } from '../inventory/types.ts'
import { baseContext, failureFor } from '../plan/context.ts'
import { withMapping } from '../plan/command-defaults.ts'
import { flattenSteps } from '../plan/flatten-steps.ts'
import { readFrom } from './read-file.ts'
import { sh } from '../shell/sh.ts'
import { download } from '../shell/download.ts'
import { rsync } from '../shell/rsync.ts'
import { upload } from '../shell/upload.ts'
import { isByteStream } from '../shell/upload-content.ts'
import { write } from '../shell/write.ts'
import { messageText } from '../shell/messages.ts'
import type { Command, ShValue } from '../shell/types.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import type { LiveHost, Result, RunContext, Shell, StepList, TableRow } from '../tasks/types.ts'
import type { Tunnel } from '../tasks/tunnel.ts'
import type { Session } from '../transport/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { refuseSecret } from '../values/secret.ts'
import { revealInCode } from './reveal-in-code.ts'
import { askInCode } from './ask-in-code.ts'
import { runChunk } from './chunk.ts'
import type { ChunkRun, Printed } from './chunk-run.ts'
import { commandFailure, type CommandEnd } from './command-failure.ts'
import { lostOf, sessionOf } from './link.ts'
import { ownHosts, sideBySide } from './side-by-side.ts'
import type { RunState } from './state.ts'
import type { Tunnels } from './tunnels.ts'
import type { WavesInput } from './waves-input.ts'

export interface Busy {
  commands: number
  invoked: number
  /** what has been invoked and has not ended */
  readonly tasks?: Set<Promise<void>>
}

export interface RunContextInput extends WavesInput {
  readonly wave: number
  /** counts the running commands of the code, and the tasks that it has invoked */
  readonly busy?: Busy
  readonly tunnels?: Tunnels
  /** where one `on()` has put what it fetched */
  readonly downloads?: Downloads | undefined
}

/** The context of a `run` task, whose hosts run commands at once. Each call is a round trip and, like every step, an event. */
export const runContext = (state: RunState, task: TaskEntry, input: RunContextInput): RunContext => {
  const shellOf = (host: Host, downloads?: Downloads) => createShell(state, task.name, host, { ...input, downloads })
  const log = (level: 'debug' | 'info' | 'warn') => (message: string) => {
    refuseSecret(`log.${level}()`, message)
    state.emit({ type: 'log', level, message, task: task.name })
  }
  const base = baseContext(input, task.settings, task.owner, task)
  const runOn = <T>(hosts: readonly Host[], fn: (host: LiveHost) => Promise<T>): Promise<Map<Host, T>> => {
    const downloads: Downloads = new Map()
    return sideBySide(hosts, (host) => fn({ ...host, ...shellOf(host, downloads) } as LiveHost))
  }
  return {
    ...base,
    on: async (on, fn) => runOn(toHosts(on, base.hosts), fn),
    each: async (fn) => runOn(ownHosts(input, task), fn),
    local: shellOf(input.local, new Map()),
    ...askInCode(state, input.busy ?? { commands: 0, invoked: 0 }),
    invoke: (name, args, rest) => {
      const busy = input.busy ?? { commands: 0, invoked: 0 }
      busy.invoked++
      const work = input.invoke(state, task, name, { args, rest }, input).finally(() => {
        busy.invoked--
        busy.tasks?.delete(work)
      })
      busy.tasks?.add(work)
      return work
    },
    reveal: revealInCode,
    fail: (message, o = {}) => {
      refuseSecret('the hint of fail()', o.hint)
      throw new ShipitError(messageText('fail()', message), { hint: o.hint, host: o.host?.name })
    },
    log: {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      table: (rows) => state.emit({ type: 'table', task: task.name, rows: rowsOf(rows) }),
    },
    failure: input.failure && failureFor(input.stage, task.owner, input.failure),
    signal: input.signal,
  }
}

/** The rows of a table. Throws TypeError if one is not an object: its columns could not be shown. */
const rowsOf = (rows: readonly TableRow[]): readonly TableRow[] => {
  const wrong = (rows as readonly unknown[]).findIndex((row) => typeof row !== 'object' || row === null || Array.isArray(row))
  if (wrong >= 0) throw new TypeError(`log.table() takes a list of objects: row ${wrong + 1} is something else`)
  return rows
}

const toHosts = (on: Selector | Host | readonly Host[], hosts: (on: Selector) => readonly Host[]): readonly Host[] => {
  if (isHost(on)) return [on]
  if (Array.isArray(on) && on.every(isHost)) return on as readonly Host[]
  return hosts(on as Selector)
}
const isHost = (value: unknown): value is Host => typeof value === 'object' && value !== null && 'address' in value

type Typed = [Command] | [TemplateStringsArray, ...ShValue[]]
const commandOf = ([first, ...values]: Typed): Command => ('kind' in first ? first : sh(first, ...(values as ShValue[])))

const sessionFor = (state: RunState, host: Host): Session => {
  const session = sessionOf(state, host.name)
  if (!session) throw new ShipitError(`${host.name} is not a host of this run`, { host: host.name, exit: EXIT.usage })
  return session
}

/** What becomes of what commands print. */
type Output = Pick<ChunkRun, 'keep' | 'captured' | 'unseen'>
type HostShell = Shell & Pick<LiveHost, 'steps' | 'forward' | 'upload' | 'download' | 'rsync' | 'read' | 'write'>

interface Ended extends Result, Printed {
  readonly failed: boolean
  readonly reason: string | undefined
}

const createShell = (state: RunState, task: string, host: Host, input: RunContextInput): HostShell => {
  const failed = (command: Command, end: CommandEnd) => commandFailure(host, command, end, state.reads.get(host.name)?.layout.user)
  const send = senderTo(state, task, host, input)
  const runOne = async (command: Command, how: Output): Promise<Ended> => {
    const { outcomes, errors, printed } = await send([command], how)
    const outcome = outcomes[0]!
    const error = errors.get(0)
    if (error !== undefined) throw onHost(error, host)
    const failed = outcome.status === 'failed'
    return { ...printed[0]!, code: outcome.code ?? -1, ms: outcome.ms, failed, reason: outcome.reason }
  }
  const runOrThrow = async (command: Command, how: Output = {}) => {
    const result = await runOne(command, { ...how, keep: true })
    if (!result.failed) return result
    throw failed(command, result)
  }
  const steps = async (list: StepList): Promise<void> => {
    const commands = flattenSteps(list)
    const { ok, outcomes, errors, printed } = await send(commands)
    if (ok) return
    const at = outcomes.findIndex((outcome) => outcome.status === 'failed')
    const error = errors.get(at)
    if (error !== undefined) throw onHost(error, host)
    if (at >= 0) throw failed(commands[at]!, { tail: printed[at]!.tail, code: outcomes[at]!.code ?? -1, reason: outcomes[at]!.reason })
  }
  return {
    run: async (...typed: Typed) => {
      const { code, stdout, stderr, ms } = await runOrThrow(commandOf(typed))
      return { code, stdout, stderr, ms }
    },
    test: async (...typed: Typed) => {
      const command = commandOf(typed)
      const result = await runOne(command.allowFailure(), { captured: true })
      if (result.code >= 126 || result.code < 0) throw failed(command, result)
      return result.code === 0
    },
    capture: async (...typed: Typed) => (await runOrThrow(commandOf(typed), { captured: true })).stdout.replace(/\n$/, ''),
    steps,
    read: readFrom(async (command) => {
      const result = await runOne(command, { captured: true, unseen: true, keep: true })
      if (result.failed) throw failed(command, result)
      return result.bytes()
    }),
    ...fileSteps(steps),
    forward: ({ to }) => openTunnel(state, host, input, to),
  }
}

/** Sends commands as one script, and waits for its end. Throws if the connection is lost or the run interrupted. */
const senderTo =
  (state: RunState, task: string, host: Host, input: RunContextInput) =>
  async (commands: readonly Command[], how: Output = {}) => {
    const local = host === input.local
    const prepared = commands.map((command) =>
      withMapping(local ? checkLocalCommand(command) : command, input.stage, local ? undefined : host),
    )
    const busy = input.busy ?? { commands: 0, invoked: 0 }
    // throws if the host is not part of this run, before its command is counted
    const session = sessionFor(state, host)
    busy.commands++
    const result = await runChunk([{ name: task, steps: prepared }], {
      state,
      host,
      session,
      wave: input.wave,
      signal: input.signal,
      ...how,
      quiet: true,
      ...(input.downloads && { downloads: input.downloads }),
    }).finally(() => busy.commands--)
    const lost = lostOf(state, host.name)
    if (lost && !result.ok) throw new ShipitError(`the connection was lost: ${lost.message}`, { host: host.name, exit: EXIT.unreachable })
    // what was to begin after an interrupt has not run, and that is no failure on the host
    const ran = result.ok && result.outcomes.every(({ status }) => status !== 'not-run')
    if (input.signal.aborted && !ran) throw new ShipitError('cancelled', { host: host.name })
    return { ...result, commands: prepared }
  }

/** The steps about files, each by itself. */
const fileSteps = (steps: LiveHost['steps']): Pick<LiveHost, 'upload' | 'download' | 'rsync' | 'write'> => ({
  upload: (from, to, options) => steps([upload(isByteStream(from) ? () => from : from, to, options)]),
  download: (from, to, options) => steps([download(from, to, options)]),
  rsync: (from, to, options) => steps([rsync(from, to, options)]),
  write: (to, content, options) => steps([write(to, content, options)]),
})

/** An error of a transfer of files, which has no host yet. */
const onHost = (error: Error, { name }: Host): ShipitError =>
  new ShipitError(error.message, { host: name, cause: error, hint: error instanceof ShipitError ? error.hint : undefined })

const openTunnel = async (state: RunState, host: Host, { tunnels }: RunContextInput, to: string): Promise<Tunnel> => {
  if (!tunnels) throw new TypeError('forward() needs a task that can close it')
  return tunnels.open(host, sessionFor(state, host), to)
}
