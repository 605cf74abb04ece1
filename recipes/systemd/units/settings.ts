import { z } from 'zod'
import { badUnit, mangleUnit } from '../names.ts'

// Pieces of the settings of recipes that write units. Each refuses values that would break the file, or mean something else there.

// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f]/

/** A part of a line of a unit file. */
export const unitLine = z
  .string()
  .refine((text) => !CONTROL.test(text), 'has a line break or another control character, which no line of a unit may have')

/** The full name of a unit, checked and escaped. */
export const unitName = z.string().transform((name, context) => fullName(name, context))

/** The same within another schema; adds errors to its context. */
export const fullName = (name: string, context: z.RefinementCtx): string => {
  const why = badUnit(name)
  if (why !== undefined) context.addIssue({ code: 'custom', message: `${JSON.stringify(name)} ${why}` })
  return mangleUnit(name)
}

/** Text at the end of a line, unquoted. */
const end = unitLine.min(1).refine((text) => !text.endsWith('\\'), 'ends with a backslash, which would join it with the next line')

/** The path of a file; relative: in `shared`. */
export const unitPath = end
  .refine((text) => text.trim() === text, 'begins or ends with a space, which systemd would leave out')
  .refine((text) => !/(^|\/)\.{0,2}$/.test(text), 'must be the name of a file, not of a folder')
  .refine((text) => !/(^-?|\/)\.\.\//.test(text), 'has `..`, which systemd does not take: write the path in full')
  .refine((text) => !/^-?~/.test(text), 'begins with ~, which systemd does not expand: write the path in full')

/** Files with NAME=VALUE lines. */
export const envFiles = z
  .array(
    unitPath
      .regex(/^-?[^-\s].*$/, 'must be the path of a file, with a - before it where it may be missing')
      .regex(/^[^*?[\\]*$/, 'has a wildcard, with which systemd would read several files: name each one'),
  )
  .default([])

const isSecret = (given: unknown): boolean => typeof given === 'object' && given !== null && '__secret' in given

/** Variables of a service. Every account on the host can read a unit, so secrets are refused; `instead`: the setting with files for them. */
export const variables = (instead: string) =>
  z
    .record(
      z.string().regex(/^[A-Za-z_]\w*$/, 'is not a name for a variable'),
      z
        .unknown()
        .refine((given) => !isSecret(given), {
          error: `must not be a secret, since every account on the host can read a unit: put it into a file, ${instead}`,
          abort: true,
        })
        .pipe(z.union([unitLine, z.number()])) as unknown as z.ZodType<string | number, string | number>,
    )
    .default({})

/** Units to start with the service, and before it. */
export const wants = z
  .array(unitLine.regex(/^[^\s/]+\.[a-z]+$/, 'must be the full name of a unit, such as redis-server.service'))
  .default([])

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535

/** Whether systemd can listen there: an IP address with a port. It resolves no names. */
export const isListenAddress = (text: string): boolean => {
  const [, port = ''] = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]):(\d{1,5})$/i.exec(text) ?? []
  return isPort(port)
}

/** What ListenStream= takes (systemd.socket(5)); a relative path is in `shared`. */
const listened = z
  .union([z.number().int().min(1).max(65_535).transform(String), unitPath])
  .refine((text) => isPort(text) || isListenAddress(text) || /^(?!\w+:\/\/).*\//.test(text), {
    error: "must be a port, an IP address with a port, or a path: 3000, '127.0.0.1:3000', 'tmp/sockets/web.sock'",
  })

/** Refuses a list that has the same entry twice. */
export const refuseTwice = (all: readonly string[], context: z.RefinementCtx): void => {
  for (const [i, one] of all.entries())
    if (all.indexOf(one) < i) context.addIssue({ code: 'custom', path: [i], message: `${one}: listed twice` })
}

/** A path without empty and `.` parts, so that a file is written in one way. An abstract name (unix(7)) stays as it is. */
const oneSpelling = (text: string): string =>
  text.startsWith('@') ? text : text.replaceAll(/\/(?:\.?\/)+/g, '/').replace(/^(?:\.\/)+/, '')

/** What a socket unit listens on. */
export const listens = z.array(listened.transform(oneSpelling)).superRefine(refuseTwice)

/**
 * What is wrong with entries that cannot listen beside an earlier one: a port alone, `[::]` and `0.0.0.0` listen on all addresses. With two
 * directives of the socket more of them can (systemd.socket(5)).
 */
export const clashesIn = (entries: readonly string[], { BindIPv6Only, ReusePort }: SocketDirectives): readonly string[] => {
  if ((ReusePort ?? null) !== null) return []
  const onlyV6 = BindIPv6Only === 'ipv6-only'
  const covers = (one: Listener, other: Listener): boolean =>
    one.any && one.port === other.port && (one.v6 === other.v6 || (one.v6 && !onlyV6))
  const listeners = entries.flatMap((entry) => listenerOf(entry) ?? [])
  return listeners.flatMap((own, i) => {
    const before = listeners.slice(0, i)
    const all = before.some((one) => covers(own, one)) ? own : before.find((one) => covers(one, own))
    return all
      ? [`${own.entry}: ${all.entry.replace(/^(?=\d+$)/, 'port ')} listens on all addresses, so the other entry cannot listen`]
      : []
  })
}

interface Listener {
  readonly entry: string
  readonly port: number
  readonly v6: boolean
  /** it listens on all addresses */
  readonly any: boolean
}

/** What an entry listens on; undefined for a path. A port alone is `[::]`, which by default takes IPv4 too. */
const listenerOf = (entry: string): Listener | undefined => {
  if (isPort(entry)) return { entry, port: Number(entry), v6: true, any: true }
  if (!isListenAddress(entry)) return undefined
  const [, address = '', port] = /^(.*):(\d+)$/.exec(entry)!
  const v6 = address.startsWith('[')
  return { entry, port: Number(port), v6, any: v6 ? /^\[[0:]*\]$/.test(address) : /^0+(\.0+){3}$/.test(address) }
}

/** The same as a setting, which may be a single one. */
export const listen = z.union([listened.transform((one) => [oneSpelling(one)]), listens]).default([])

const directive = z.string().regex(/^[A-Z][A-Za-z0-9]*$/, 'must be the name of a directive, such as MemoryMax')
const value = z.union([end, z.number()])
const section = z.record(directive, z.union([value, z.boolean(), z.array(value), z.null()])).default({})

const sections = {
  /** `[Unit]`. */
  Unit: section,
  /** `[Service]`. */
  Service: section,
  /** `[Install]`. */
  Install: section,
}

/** Directives by section, in systemd's syntax; null leaves one out. */
export const directives = z.strictObject(sections).prefault({})
export type UnitDirectives = z.output<typeof directives>

/** The same for a service with a socket, whose unit has the section `Socket`. */
export const socketDirectives = z
  .strictObject({
    ...sections,
    /** `[Socket]` of the socket unit. */
    Socket: section,
  })
  .prefault({})
export type SocketDirectives = z.output<typeof section>
