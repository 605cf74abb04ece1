import type { UnitContext, WantedUnit } from './context.ts'
import { inShared } from './paths.ts'
import { literal } from './quote.ts'
import { overridden, sectionText, unitText, type Directive } from './sections.ts'
import type { SocketDirectives } from './settings.ts'

/** A service's socket unit, as the recipe wants it. */
export interface SocketUnit {
  /** with suffix */
  readonly name: string
  readonly description: string
  /** what systemd.socket(5) takes: a port, an address with a port, or a path */
  readonly listen: readonly string[]
  /** the service that gets it, with suffix */
  readonly service: string
  /** further directives of `[Socket]` */
  readonly options?: readonly Directive[]
  readonly directives: SocketDirectives
}

/** The file of a socket unit. Its service needs to name it among its `sockets`. */
export const socketFile = (c: UnitContext, { name, description, listen, service, options = [], directives }: SocketUnit): WantedUnit => {
  const own: readonly Directive[] = [
    ...listen.map((one): Directive => ['ListenStream', literal(one)]),
    // systemd takes the service of the same name by itself
    ...(service === `${name.replace(/\.socket$/, '')}.service` ? [] : [['Service', service] as const]),
    ...options,
  ]
  const sections = overridden(
    [
      ['Unit', [['Description', literal(description)]]],
      ['Socket', own],
      ['Install', [['WantedBy', 'sockets.target']]],
    ],
    { Socket: directives },
  )
  return { name, text: unitText(c, name, sections.map(sectionText).join('\n')) }
}

/** Whether an address is a TCP address, and not a path. */
export const isTcp = (listen: string): boolean => !listen.startsWith('/')

/** The folders in `shared` that hold sockets: if systemd made them, root would own them. systemd makes any other folder itself. */
export const socketFolders = (c: UnitContext, listen: readonly string[]): readonly string[] =>
  listen.flatMap((one) => (one.startsWith(inShared(c, '')) ? [one.replace(/\/[^/]*$/, '')] : []))
