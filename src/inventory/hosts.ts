import { isDeepStrictEqual } from 'node:util'
import { isPresent, type Absent } from '../values/absent.ts'
import { isPath } from '../values/path.ts'
import { isSecret, MASK, reveal, type Secret } from '../values/secret.ts'
import { hostName, parseHostString, withoutPassword } from './host-string.ts'
import { sshCommandFor } from './ssh-command.ts'
import type { Host, SshOptions } from './types.ts'

/** A server as written in the config. Everything except `host` is optional. Without `roles` it plays every role. */
export interface HostEntry {
  readonly host: string
  readonly user?: string | undefined
  readonly port?: number | undefined
  readonly roles?: readonly string[] | undefined
  readonly primary?: boolean | undefined
  readonly release?: boolean | undefined
  readonly vars?: Readonly<Record<string, unknown>> | undefined
  readonly env?: Readonly<Record<string, unknown>> | undefined
  readonly ssh?: SshOptions | undefined
  readonly sudoPassword?: Secret | undefined
}
export type ServerList = readonly (string | HostEntry | Absent)[]
export type RoleFirst = Readonly<Record<string, readonly (string | Omit<HostEntry, 'roles'> | Absent)[] | undefined>>
export type Servers = ServerList | RoleFirst

/** An invalid part of a server list: where it is, and what is wrong. */
export interface ServerProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}
export interface Inventory {
  readonly hosts: readonly Host[]
  /** the entries of each host, in the order of the hosts */
  readonly places: readonly (readonly (string | number)[])[][]
  readonly problems: readonly ServerProblem[]
}

/** Names that selectors reserve. */
export const RESERVED_ROLES: readonly string[] = ['all', 'release', 'local']
/** The roles of a server that lists none: all of them. */
const EVERY_ROLE: readonly string[] = Object.freeze(['all'])

/**
 * The hosts of a stage, in the order they are first named. `ssh` applies to all of them. A host's own options override it, and `flags`
 * from the command line override both.
 * A list may name a host only once. In a role-first config, the entries of one host are joined and must not contradict each other.
 */
export const makeHosts = (servers: Servers, ssh: SshOptions = {}, flags: SshOptions = {}, sudoPassword?: Secret): Inventory => {
  const problems: ServerProblem[] = []
  const drafts = new Map<string, Draft>()
  const places = new Map<string, (string | number)[][]>()
  const add = (
    entry: string | HostEntry | Absent,
    roles: readonly string[] | undefined,
    path: (string | number)[],
    join: boolean,
  ): void => {
    if (!isPresent(entry)) return
    try {
      const draft = makeDraft(typeof entry === 'string' ? { host: entry } : entry, roles)
      const existing = drafts.get(draft.name)
      if (!existing) drafts.set(draft.name, draft)
      else if (join) drafts.set(draft.name, joinDrafts(existing, draft))
      else throw new TypeError(`${draft.name} is listed twice; name all its roles in one entry`)
      places.set(draft.name, [...(places.get(draft.name) ?? []), path])
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      problems.push({ path, message: error.message })
    }
  }
  if (isList(servers)) servers.forEach((entry, i) => add(entry, typeof entry === 'object' ? entry?.roles : undefined, [i], false))
  else for (const [role, entries] of Object.entries(servers)) entries?.forEach((entry, i) => add(entry, [role], [role, i], true))
  problems.push(...duplicatesByPort([...drafts.values()], flags))
  const hosts = [...drafts.values()].map((draft) => finish(draft, ssh, flags, sudoPassword))
  return { hosts, places: [...drafts.keys()].map((name) => places.get(name) ?? []), problems }
}

/** With one port for all, hosts that differ only in their ports are the same. */
const duplicatesByPort = (drafts: readonly Draft[], { port }: SshOptions): ServerProblem[] =>
  drafts.flatMap((draft, i) => {
    const duplicate = port === undefined ? undefined : drafts.slice(0, i).find(({ address }) => address === draft.address)
    return duplicate ? [{ path: [], message: `with --set ssh.port=${port}, ${duplicate.name} and ${draft.name} are the same host` }] : []
  })

interface Draft {
  readonly name: string
  readonly address: string
  readonly user: string | undefined
  readonly port: number | undefined
  readonly roles: readonly string[] | undefined
  readonly primary: boolean | undefined
  readonly release: boolean | undefined
  readonly vars: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, unknown>>
  readonly ssh: SshOptions
  readonly sudoPassword: Secret | undefined
}

const isList = (servers: Servers): servers is ServerList => Array.isArray(servers)

const makeDraft = (entry: HostEntry, roles: readonly string[] | undefined): Draft => {
  const read = readHost(entry.host)
  const user = sameOrThrow(read.user, entry.user, `${entry.host} and user: `)
  const port = sameOrThrow(read.port, entry.port, `${entry.host} and port: `)
  const { primary, release, vars = {}, env = {}, ssh = {}, sudoPassword } = entry
  return {
    name: hostName({ address: read.address, port }),
    address: read.address,
    user,
    port,
    roles,
    primary,
    release,
    vars,
    env,
    ssh,
    sudoPassword,
  }
}

const readHost = (text: string) => {
  try {
    return parseHostString(text)
  } catch (error) {
    throw new TypeError(`${JSON.stringify(withoutPassword(text))} is not a host: ${(error as Error).message}`)
  }
}

const joinDrafts = (a: Draft, b: Draft): Draft => ({
  ...a,
  user: sameOrThrow(a.user, b.user, `${a.name} is named twice, with user `),
  primary: sameOrThrow(a.primary, b.primary, `${a.name} is named twice, with primary `),
  release: sameOrThrow(a.release, b.release, `${a.name} is named twice, with release `),
  roles: [...new Set([...(a.roles ?? []), ...(b.roles ?? [])])],
  vars: joinKeys('vars', a.name, a.vars, b.vars),
  env: joinKeys('env', a.name, a.env, b.env),
  ssh: joinKeys('ssh', a.name, a.ssh, b.ssh),
  sudoPassword: sameSecret(a, b),
})

/** Two secrets are the same only if they are one: their values may not be known yet. */
const sameSecret = (a: Draft, b: Draft): Secret | undefined => {
  if (a.sudoPassword === undefined || b.sudoPassword === undefined || a.sudoPassword === b.sudoPassword)
    return a.sudoPassword ?? b.sudoPassword
  throw new TypeError(`${a.name} is named twice, with a sudoPassword each: which is it?`)
}

const joinKeys = <T extends object>(what: string, name: string, a: T, b: T): T => {
  const joined = { ...a } as Record<string, unknown>
  for (const [key, value] of Object.entries(b))
    joined[key] = sameOrThrow(joined[key], value, `${name} is named twice, with ${what}.${key} `)
  return joined as T
}

const sameOrThrow = <T>(a: T | undefined, b: T | undefined, clash: string): T | undefined => {
  if (a === undefined || b === undefined || isSame(a, b)) return a ?? b
  throw new TypeError(`${clash}${describe(a)} and ${describe(b)}: which is it?`)
}

/** Secrets and paths are objects that only differ in what they hide. One that is not known yet is an error of its own. */
const isSame = (a: unknown, b: unknown): boolean => {
  if (isPath(a) && isPath(b)) return String(a) === String(b)
  if (!isSecret(a) || !isSecret(b)) return isDeepStrictEqual(a, b)
  try {
    return reveal(a) === reveal(b)
  } catch {
    return true
  }
}

/** A secret has no text, and throws. */
const describe = (value: unknown): string =>
  isSecret(value) ? MASK : isPath(value) ? String(value) : (JSON.stringify(value) ?? typeof value)

const finish = (draft: Draft, ssh: SshOptions, flags: SshOptions, stagePassword: Secret | undefined): Host => {
  const sudoPassword = draft.sudoPassword ?? stagePassword
  const options = Object.freeze({ ...ssh, ...draft.ssh, ...flags })
  const roles = draft.roles ?? EVERY_ROLE
  const user = flags.user ?? draft.user ?? options.user
  const port = flags.port ?? draft.port ?? options.port
  return Object.freeze({
    // the name has a port only if the config names one, and then it is the port that applies
    name: draft.port === undefined || flags.port === undefined ? draft.name : hostName({ address: draft.address, port: flags.port }),
    address: draft.address,
    user,
    deployUser: draft.user ?? draft.ssh.user ?? (flags.user === undefined ? options.user : undefined),
    port,
    roles: Object.freeze([...roles]),
    primary: draft.primary ?? false,
    release: draft.release ?? true,
    vars: Object.freeze({ ...draft.vars }),
    ...(Object.keys(draft.env).length > 0 && { env: Object.freeze({ ...draft.env }) }),
    ssh: options,
    sshCommand: sshCommandFor({ user, port, ssh: options }),
    ...(sudoPassword !== undefined && { sudoPassword }),
    has: draft.roles === undefined ? () => true : (role: string) => roles.includes(role),
  })
}
