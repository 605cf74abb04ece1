import { constants } from 'node:os'
import type { LoadedConfig } from '../../config/raw-config.ts'
import { resolveStage } from '../../config/stage.ts'
import { createBus } from '../../events/bus.ts'
import type { Emit } from '../../events/types.ts'
import { filterHosts } from '../../inventory/filter.ts'
import { primaryOf } from '../../inventory/select.ts'
import type { Host } from '../../inventory/types.ts'
import { chooseRenderers } from '../../output/choose.ts'
import { pathsOf } from '../../plan/context.ts'
import { loginShell } from '../../shell/login-shell.ts'
import { terminalScript } from '../../shell/terminal.ts'
import type { Stage } from '../../tasks/stage.ts'
import type { ChannelEnd, HandOver } from '../../transport/types.ts'
import { EXIT, ShipitError, SIGNAL_EXIT, usageError } from '../../values/errors.ts'
import { didYouMean } from '../../values/nearest.ts'
import { withAnswers } from '../answering.ts'
import { createLogIn } from '../connect.ts'
import type { Options } from '../global-options.ts'
import { shipitCommand } from '../shipit-command.ts'
import { listenForSignals, type Interrupt } from '../signals.ts'
import { terminalHandOver } from '../terminal.ts'
import { openProject, type Project } from './open-project.ts'

/** `shipit STAGE ssh [HOST]`: a login shell on one host. Takes no lock, and starts nothing else there. Returns the shell's exit code. */
export const openShell = async (options: Options, argv: readonly string[], given?: LoadedConfig): Promise<number> => {
  const [stageName = '', , name, ...others] = options.words
  const shipit = shipitCommand(options)
  const { rest = [] } = options
  if (rest.length > 0) {
    const on = options.words.length - rest.length > 2 ? ['--hosts', name!] : []
    throw usageError('ssh opens a shell, and runs no command', { hint: shipit(stageName, 'exec', ...on, '--', ...rest) })
  }
  if (others.length > 0)
    throw usageError(`ssh opens a shell on one host, not on ${[name, ...others].join(' ')}`, { hint: shipit(stageName, 'ssh', name ?? '') })
  let project: Project | undefined
  const stage = await withAnswers(options, async () => {
    const { loaded, overrides } = (project ??= await openProject(options, given))
    return resolveStage(loaded, stageName, { ...overrides, runsNothing: true })
  })
  const host = chooseHost(stage, options, name)
  const bus = createBus({
    renderers: await chooseRenderers({ output: 'plain', stdout: process.stdout, env: process.env, argv, shows: true }),
  })
  const interrupt = listenForSignals(bus.emit)
  try {
    const handOver = terminalHandOver(interrupt.handedOver)
    if (!handOver)
      throw usageError('ssh needs a terminal, and there is none', { hint: 'run it with neither its input nor its output redirected' })
    return await shellOn(host, stage, { emit: bus.emit, interrupt, handOver, again: sshTo(options, host) })
  } finally {
    interrupt.stop()
    await bus.end()
  }
}

/** The host that was named; or else, of those that the filters leave, the primary. Throws (usage) if several were named. */
const chooseHost = (stage: Stage, options: Options, name: string | undefined): Host => {
  const { hosts, roles } = options
  if (name !== undefined) {
    if (hosts !== undefined || roles !== undefined)
      throw usageError(`ssh opens a shell on ${name}: --hosts and --roles have no effect`, { hint: 'leave them out' })
    const found = stage.hosts.find((host) => host.name === name) ?? stage.hosts.find((host) => host.address === name)
    if (found) return found
    const names = stage.hosts.map((host) => host.name)
    throw usageError(`${stage.name} has no host ${name}${didYouMean(name, names)}`, { hint: `it has ${names.join(', ')}` })
  }
  const left = filterHosts(stage.hosts, { hosts, roles })
  if (hosts !== undefined && left.length > 1)
    throw usageError(`ssh opens a shell on one host, and --hosts leaves ${left.map((host) => host.name).join(', ')}`, {
      hint: sshTo(options, left[0]!),
    })
  const host = primaryOf(left)
  if (!host) throw usageError(`${stage.name} has no hosts`, { hint: 'give the stage servers' })
  return host
}

/** The command for a host: it is named, so filters have no effect. */
const sshTo = (options: Options, host: Host): string =>
  shipitCommand({ ...options, hosts: undefined, roles: undefined })(options.words[0] ?? '', 'ssh', host.name)

interface At {
  readonly emit: Emit
  readonly interrupt: Interrupt
  readonly handOver: HandOver
  /** the command to type */
  readonly again: string
}

const shellOn = async (host: Host, stage: Stage, { emit, interrupt, handOver, again }: At): Promise<number> => {
  const { signal } = interrupt
  try {
    const connection = await createLogIn(emit)(host, signal)
    try {
      const script = terminalScript(loginShell(pathsOf(stage, undefined).current))
      const end = await handOver((terminal) => connection.attach(script, { terminal, signal }))
      return codeOf(end, host, interrupt, again)
    } finally {
      connection.leave()
    }
  } catch (error) {
    const name = interrupt.name()
    if (name !== undefined) return SIGNAL_EXIT[name]
    throw error
  }
}

const codeOf = ({ code, signal, lost }: ChannelEnd, host: Host, interrupt: Interrupt, again: string): number => {
  if (lost)
    throw new ShipitError(`the connection was lost: ${lost.message}`, {
      exit: EXIT.unreachable,
      host: host.name,
      hint: again,
    })
  const name = interrupt.name()
  if (name !== undefined) return SIGNAL_EXIT[name]
  return code ?? 128 + (constants.signals[(signal ?? 'SIGHUP') as NodeJS.Signals] ?? 0)
}
