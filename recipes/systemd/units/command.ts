import { unitFileOf } from '../names.ts'
import type { UnitContext, WantedUnit } from './context.ts'
import { programEnv, type UnitHost } from './host.ts'
import { currentDir, inShared, outputsOf } from './paths.ts'
import { execLine } from './quote.ts'
import { type Directive, sectionText, serviceText, unitSections } from './sections.ts'
import type { SocketDirectives, UnitDirectives } from './settings.ts'
import { socketFile, socketFolders } from './socket.ts'
import type { UnitPlan, UnitWriter } from './writer.ts'

/** A service that is a command, as its settings have it. */
export interface CommandService {
  /** its name in the descriptions of its units */
  readonly label: string
  /** its units, with suffix: one service or instances of one template, and perhaps a socket */
  readonly units: readonly string[]
  readonly exec: readonly string[]
  /** the value of ExecReload= */
  readonly execReload?: string
  readonly notify: boolean
  readonly watchdogSec?: number
  readonly stopTimeout: number
  /** variables that come before its PATH */
  readonly firstEnv?: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | number>>
  readonly envFiles: readonly string[]
  readonly log: string | null
  readonly errorLog: string | null
  readonly wants?: readonly string[]
  /** what its socket listens on: a port, an address with a port, or a path (relative: in `shared`); if empty, shipit does not write the socket */
  readonly listen: readonly string[]
  /** it must not run without its socket, also if shipit does not write that */
  readonly needsSocket?: true
  /** directives of the socket, by what it listens on */
  readonly socketOptions?: (listen: readonly string[]) => readonly Directive[]
  readonly directives: UnitDirectives & { readonly Socket: SocketDirectives }
}

/** How the units of such a service are made. `of` returns undefined if the settings have no command; `more` overrides parts of the plan. */
export const commandWriter = <S>(
  of: (settings: S) => CommandService | undefined,
  more: (settings: S) => Partial<UnitPlan> = () => ({}),
): UnitWriter<S> => ({
  plan: (settings) => {
    const service = of(settings)
    if (service === undefined) return undefined
    const { exec, log, errorLog } = service
    const files = [...writtenSockets(service), fileOf(service)]
    return { files, all: files, programs: programsOf(exec), log, errorLog, ...more(settings) }
  },
  files: (c, settings, host) => {
    const service = of(settings)
    return service === undefined ? [] : commandFiles(c, service, host)
  },
  folders: (c, settings) => {
    const service = of(settings)
    return service === undefined ? [] : commandFolders(c, service)
  },
})

/** The files of its units: the socket's, if shipit writes it, and the service's. */
export const commandFiles = (c: UnitContext, service: CommandService, host: UnitHost | undefined): readonly WantedUnit[] => [
  ...writtenSockets(service).map((name) => socketUnit(c, service, name)),
  serviceUnit(c, service, host),
]

/** The folders in which its socket is. */
export const commandFolders = (c: UnitContext, service: CommandService): readonly string[] => socketFolders(c, listens(c, service))

const fileOf = ({ units }: CommandService): string => unitFileOf(units.find((unit) => unit.endsWith('.service'))!)

const socketsOf = ({ units }: CommandService): readonly string[] => units.filter((unit) => unit.endsWith('.socket'))
const writtenSockets = (service: CommandService): readonly string[] => (service.listen.length === 0 ? [] : socketsOf(service))

/** Ports, addresses and abstract names (unix(7)) as they are, and paths in full. */
const listens = (c: UnitContext, { listen }: CommandService): readonly string[] =>
  listen.map((one) => (one.includes('/') && !one.startsWith('@') ? inShared(c, one) : one))

const socketUnit = (c: UnitContext, service: CommandService, name: string): WantedUnit => {
  const listen = listens(c, service)
  return socketFile(c, {
    name,
    description: `Socket of ${describe(c, service)}`,
    listen,
    service: fileOf(service),
    options: service.socketOptions?.(listen) ?? [],
    directives: service.directives.Socket,
  })
}

const serviceUnit = (c: UnitContext, service: CommandService, host: UnitHost | undefined): WantedUnit => {
  const file = fileOf(service)
  const name = file.replace(/\.service$/, '')
  const { exec, firstEnv = {}, env } = service
  const sections = unitSections(c, {
    ...service,
    name,
    description: [describe(c, service), ...(name.endsWith('@') ? ['%i'] : [])],
    wants: service.wants ?? [],
    sockets: service.needsSocket ? socketsOf(service) : writtenSockets(service),
    type: service.notify ? 'notify' : 'simple',
    group: host?.group ?? '',
    environment: [...new Map<string, string | number>([...Object.entries(firstEnv), ...commandEnv(exec, host), ...Object.entries(env)])],
    exec: execStart(c, exec, host),
    timeoutStopSec: service.stopTimeout,
    timeoutStartSec: null,
    umask: null,
    outputs: outputsOf(c, service),
  })
  return { name: file, text: serviceText(c, name, sections.map(sectionText).join('\n')) }
}

const describe = ({ application, stage }: UnitContext, { label }: CommandService): string => `${label} of ${application} (${stage})`

/**
 * The value of ExecStart=. A program with a slash is in `current`; any other is named by its full path, or looked for when it starts if the host
 * does not have it yet.
 */
const execStart = (c: UnitContext, [first = '', ...rest]: readonly string[], host: UnitHost | undefined): string => {
  const program = first.startsWith('/')
    ? [first]
    : first.includes('/')
      ? [`${currentDir(c)}/${first.replace(/^\.\/+/, '')}`]
      : host?.programs[first] === undefined
        ? ['/usr/bin/env', first]
        : [host.programs[first]]
  return execLine([...program, ...rest])
}

/** The programs of a command that the host has to find. */
const programsOf = ([first = '']: readonly string[]): readonly string[] => (first.includes('/') ? [] : [first])

/** The environment that a command needs. A program of the release may need programs from the stage's PATH, such as rbenv's Ruby in its first line. */
const commandEnv = ([first = '']: readonly string[], host: UnitHost | undefined): readonly (readonly [string, string])[] => {
  if (host === undefined) return []
  const inPath = host.path.map((dir) => `${dir}/any`)
  return programEnv(host, first.startsWith('/') ? [first] : first.includes('/') ? inPath : [host.programs[first]])
}
