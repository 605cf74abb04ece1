import { createHash } from 'node:crypto'
import { hostname as localHostname } from 'node:os'
import { EXIT, ShipitError } from '../../values/errors.ts'
import { atHome, homes, inHomes, ownName } from '../../inventory/account.ts'

export interface SshQuery {
  /** what the user wrote: a name, an ssh_config alias, an address */
  readonly alias: string
  readonly user: string | undefined
  readonly port: number | undefined
  /** an ssh_config file, `'none'`, or undefined for ssh's own files */
  readonly configFile: string | undefined
  /** the host's name, for errors */
  readonly host: string
}

/** The ssh_config settings of one host that this transport uses. */
export interface SshSettings {
  readonly hostname: string
  readonly port: number
  readonly user: string
  readonly identityFiles: readonly string[]
  /** true if the identity files were configured, false for ssh's default list */
  readonly identitiesNamed: boolean
  readonly identitiesOnly: boolean
  /** the agent's socket; undefined: no agent */
  readonly agent: string | undefined
  readonly certificateFiles: readonly string[]
  readonly proxyJump: string | undefined
  readonly proxyCommand: string | undefined
  readonly userKnownHosts: readonly string[]
  readonly globalKnownHosts: readonly string[]
  /** files of RevokedHostKeys */
  readonly revokedHostKeys: readonly string[]
  readonly checkHostIp: boolean
  readonly hostKeyAlias: string | undefined
  readonly strictHostKeyChecking: string
  readonly hashKnownHosts: boolean
  /** milliseconds */
  readonly connectTimeout: number | undefined
  readonly family: 4 | 6 | undefined
  readonly bindAddress: string | undefined
}

const DEFAULT_IDENTITIES = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_xmss', 'id_dsa', 'id_mldsa44_ed25519']

/** Reads the answer of `ssh -G`. Throws only if no user is named anywhere. Missing or odd values get the defaults of ssh_config(5). */
export const settingsFrom = (values: ReadonlyMap<string, readonly string[]>, query: SshQuery): SshSettings => {
  const one = (key: string): string | undefined => {
    const value = values.get(key)?.[0]
    return value === undefined || value.toLowerCase() === 'none' ? undefined : value
  }
  const hostname = one('hostname') ?? query.alias
  const port = positive(one('port')) ?? query.port ?? 22
  const user = one('user') ?? query.user ?? ownName() ?? nameless(query)
  const expand = (path: string): string =>
    expandTokens(path, { alias: query.alias, hostname, port, user, key: one('hostkeyalias') ?? query.alias, jump: one('proxyjump') ?? '' })
  const files = (key: string, otherwise: readonly string[]): string[] =>
    (values.get(key)?.flatMap(words) ?? otherwise).filter((file) => file.toLowerCase() !== 'none').map(expand)
  // one path per line, which may contain spaces
  const identities = values.get('identityfile')
  const named = identities !== undefined && !identities.every((file) => DEFAULT_IDENTITIES.some((name) => file === `~/.ssh/${name}`))
  const family = one('addressfamily')
  const timeout = positive(one('connecttimeout'))
  return {
    hostname,
    port,
    user,
    identityFiles: (identities ?? DEFAULT_IDENTITIES.map((name) => `~/.ssh/${name}`))
      .filter((file) => file.toLowerCase() !== 'none')
      .map((file) => expand(unquote(file))),
    identitiesNamed: named,
    identitiesOnly: one('identitiesonly') === 'yes',
    agent: agentSocket(values.get('identityagent')?.[0], expand),
    certificateFiles: (values.get('certificatefile') ?? []).filter((file) => file !== 'none').map((file) => expand(unquote(file))),
    proxyJump: one('proxyjump'),
    proxyCommand: one('proxycommand'),
    userKnownHosts: files('userknownhostsfile', ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']).flatMap(inHomes),
    globalKnownHosts: files('globalknownhostsfile', ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']),
    revokedHostKeys: files('revokedhostkeys', []),
    checkHostIp: one('checkhostip') === 'yes',
    hostKeyAlias: one('hostkeyalias'),
    strictHostKeyChecking: one('stricthostkeychecking') ?? 'ask',
    hashKnownHosts: one('hashknownhosts') === 'yes',
    connectTimeout: timeout === undefined ? undefined : timeout * 1000,
    family: family === 'inet' ? 4 : family === 'inet6' ? 6 : undefined,
    bindAddress: one('bindaddress'),
  }
}

const nameless = (query: SshQuery): never => {
  throw new ShipitError(`no user is given for the login to ${query.alias}, and uid ${process.getuid?.()} has no name on this machine`, {
    exit: EXIT.unreachable,
    host: query.host,
    hint: `write the user before the host (deploy@${query.alias}), or set ssh: { user: 'deploy' }`,
  })
}

const agentSocket = (identityAgent: string | undefined, expand: (path: string) => string): string | undefined => {
  if (identityAgent?.toLowerCase() === 'none') return undefined
  if (identityAgent === undefined || identityAgent === 'SSH_AUTH_SOCK') return process.env['SSH_AUTH_SOCK'] || undefined
  if (/^\$\w+$/.test(identityAgent)) return process.env[identityAgent.slice(1)] || undefined
  return expand(unquote(identityAgent))
}

type About = Readonly<Record<'alias' | 'hostname' | 'user' | 'key' | 'jump', string>> & { readonly port: number }

/** Expands `~/` and the tokens that `ssh -G` leaves in paths (ssh_config(5), TOKENS). */
const expandTokens = (path: string, about: About): string => {
  // few paths have a token, and looking all of them up takes longer than the rest
  const tokens = path.includes('%') ? tokensOf(about) : {}
  const expanded = path.replace(/%(.)/g, (whole, token: string) => tokens[token] ?? whole)
  return atHome(expanded).replace(/\$\{(\w+)\}/g, (whole, name: string) => process.env[name] ?? whole)
}

const tokensOf = (about: About): Readonly<Record<string, string>> => {
  // the host alone
  const jump = about.jump.split(',')[0]!.replace(/^.*@/, '').replace(/:\d+$/, '')
  return {
    '%': '%',
    d: homes()[0] ?? '',
    h: about.hostname,
    i: String(process.getuid?.() ?? ''),
    k: about.key,
    j: jump,
    C: sha1(`${localHostname()}${about.hostname}${about.port}${about.user}${jump}`),
    L: localHostname().split('.')[0]!,
    l: localHostname(),
    n: about.alias,
    p: String(about.port),
    r: about.user,
    u: ownName() ?? '',
  }
}

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')

const positive = (text: string | undefined): number | undefined => {
  const number = Number(text)
  return text !== undefined && Number.isInteger(number) && number > 0 && number < 65_536 ? number : undefined
}

const unquote = (text: string): string => (/^".*"$/.test(text) ? text.slice(1, -1) : text)

/** Words separated by blanks; double quotes keep blanks. */
const words = (text: string): string[] => (text.match(/"[^"]*"|[^ \t"]+/g) ?? []).map(unquote)
