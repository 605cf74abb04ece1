import { typed } from '../../shell/typed.ts'
import { EXIT, ShipitError } from '../../values/errors.ts'
import type { HostKeyPolicy } from '../../inventory/types.ts'
import { fingerprint, judge, keyTypesFor, typeName, type HostKeyAlgorithm, type Verdict } from './verdict.ts'
import { addKnownHost, readKnownHosts } from './known-hosts-files.ts'
import { keyType, knownName, type KnownHost } from './known-hosts.ts'
import { revokes } from './revoked.ts'

export interface HostCheckOptions {
  /** the host's name, for errors */
  readonly host: string
  /** the dialled address, for errors: `10.0.0.1:22` */
  readonly address: string
  readonly hostname: string
  readonly port: number
  /** HostKeyAlias of ssh_config: looked up instead of hostname and port */
  readonly alias: string | undefined
  readonly policy: HostKeyPolicy
  /** read before the global files; accept-new writes to the first one */
  readonly userFiles: readonly string[]
  readonly globalFiles: readonly string[]
  /** RevokedHostKeys of ssh_config */
  readonly revokedFiles: readonly string[]
  /** CheckHostIP of ssh_config: the dialled address, once there is one; undefined if its key is not to be checked */
  readonly ip: () => string | undefined
  /** HashKnownHosts of ssh_config */
  readonly hash: boolean
  readonly onWarning: ((message: string) => void) | undefined
}

export interface HostCheck {
  /** the server host key algorithms to offer, in this order */
  readonly algorithms: readonly HostKeyAlgorithm[]
  /** Called with the key at the first handshake and again at every rekey. Never throws. */
  verify(key: Buffer): boolean
  /** why verify() returned false */
  readonly refusal: () => ShipitError | undefined
}

/** Checks one connection's host key. Reads the files now, and again when the server shows its key. Throws ShipitError if it cannot. */
export const hostCheck = (options: HostCheckOptions): HostCheck => {
  const names = lookupNames(options)
  const files = [...options.userFiles, ...options.globalFiles]
  const read = () => {
    try {
      return readKnownHosts(files)
    } catch (error) {
      throw refuse(options, `known_hosts cannot be read: ${(error as Error).message}`, 'make it readable for your account', error)
    }
  }
  const algorithms = options.policy === 'no' ? keyTypesFor([], names) : keyTypesFor(read(), names)
  let first: Buffer | undefined
  let accepted = false
  let refusal: ShipitError | undefined

  const decide = (key: Buffer): void => {
    checkRevoked(options, key)
    if (options.policy === 'no') return
    const entries = read()
    const verdict = judge(entries, names, key)
    if (verdict.is === 'ok' || verdict.is === 'unknown') checkAddress(options, entries, key)
    if (verdict.is === 'ok') return
    if (verdict.is !== 'unknown' || options.policy !== 'accept-new') throw refusalOf(options, names[0]!, verdict, key)
    const file = options.userFiles[0]
    try {
      if (file === undefined) throw new Error('ssh_config names no UserKnownHostsFile')
      addKnownHost(file, names[0]!, key, { hash: options.hash })
    } catch (error) {
      options.onWarning?.(`the new host key of ${options.address} could not be saved: ${(error as Error).message}`)
    }
  }

  return {
    algorithms,
    verify: (key) => {
      // at a rekey the server must show the same key again: no file is read
      if (first) return accepted && key.equals(first)
      first = Buffer.from(key)
      try {
        decide(first)
        accepted = true
      } catch (error) {
        refusal = error instanceof ShipitError ? error : refuse(options, (error as Error).message, undefined, error)
      }
      return accepted
    },
    refusal: () => refusal,
  }
}

/** The names that ssh looks up: the alias alone, or `[host]:port` and also the host without its port. */
const lookupNames = (options: HostCheckOptions): string[] =>
  options.alias === undefined
    ? [...new Set([knownName(options.hostname, options.port), options.hostname.toLowerCase()])]
    : [options.alias.toLowerCase()]

/** Checks the files of RevokedHostKeys, whatever the policy. If one cannot be read, no key is trusted. */
const checkRevoked = (options: HostCheckOptions, key: Buffer): void => {
  for (const file of options.revokedFiles) {
    let revoked: boolean
    try {
      revoked = revokes(file, key)
    } catch (error) {
      throw refuse(
        options,
        `the list of revoked host keys that ssh_config names cannot be read, and without it no host is trusted: ${file}: ${(error as Error).message}`,
        unreadable(file, (error as NodeJS.ErrnoException).code),
        error,
      )
    }
    if (revoked)
      throw refuse(options, `the host key of ${options.alias ?? options.address} is revoked by ${file}: it shows ${shownKey(key)}`, REVOKED)
  }
}

const unreadable = (file: string, code: string | undefined): string => {
  if (code === 'ENOENT')
    return `bring it back, or correct RevokedHostKeys in ssh_config; an empty list revokes nothing: touch ${typed(file)}`
  if (code === 'EACCES') return `make it readable: sudo chmod a+r ${typed(file)}`
  if (code === 'EISDIR') return 'RevokedHostKeys in ssh_config takes a file'
  return `create the list again: ssh-keygen -k -f ${typed(file)} KEY.pub …`
}

/** CheckHostIP: if known_hosts has a key for the address, the server must show that key. */
const checkAddress = (options: HostCheckOptions, entries: readonly KnownHost[], key: Buffer): void => {
  const ip = options.alias === undefined ? options.ip() : undefined
  if (ip === undefined || ip === options.hostname || isLoopback(ip)) return
  const name = knownName(ip, options.port)
  const verdict = judge(entries, [name], key)
  if (verdict.is === 'revoked') throw refusalOf(options, name, verdict, key)
  if (verdict.is !== 'changed' && verdict.is !== 'other-type-known') return
  const { file, line, type, key: other } = verdict.entry
  throw refuse(
    options,
    `the host key of ${options.address} is not that of its address ${ip}: it shows ${shownKey(key)}, but ${file}:${line} has ${typeName(type)} ${fingerprint(other)} (CheckHostIP of ssh_config)`,
    `if it is the right server, forget the address's key: ssh-keygen -R ${typed(name)} -f ${typed(file)}`,
  )
}

const isLoopback = (ip: string): boolean => ip.startsWith('127.') || ip === '::1'

const shownKey = (key: Buffer): string => `${typeName(keyType(key))} ${fingerprint(key)}`

const REVOKED = 'this key must no longer be trusted: give the server a new host key, or find out which machine answers in its place'

const refuse = (options: HostCheckOptions, message: string, hint: string | undefined, cause?: unknown): ShipitError =>
  new ShipitError(message, { exit: EXIT.unreachable, host: options.host, hint, ...(cause === undefined ? {} : { cause }) })

const refusalOf = (options: HostCheckOptions, name: string, verdict: Verdict, key: Buffer): ShipitError => {
  const shown = shownKey(key)
  const short = typeName(keyType(key)).toLowerCase()
  const server = options.alias ?? options.address
  const compare = `compare the fingerprint with the server's own (there: ssh-keygen -lf /etc/ssh/ssh_host_${short}_key.pub)`
  const port = options.port === 22 ? '' : `-p ${options.port} `
  const add = `ssh-keyscan ${port}-t ${short} ${options.hostname} >> ${typed(options.userFiles[0] ?? '~/.ssh/known_hosts')}`
  if (verdict.is === 'unknown')
    return refuse(
      options,
      `the host key of ${server} is not known: it shows ${shown}`,
      `${compare}; if it is the same, add it (${add}), or set ssh: { hostKeys: 'accept-new' }`,
    )
  const at = `${verdict.entry.file}:${verdict.entry.line}`
  const known = `${typeName(verdict.entry.type)} ${fingerprint(verdict.entry.key)}`
  const forget = `ssh-keygen -R ${typed(name)} -f ${typed(verdict.entry.file)}`
  switch (verdict.is) {
    case 'revoked':
      return refuse(options, `the host key of ${server} is revoked at ${at}: it shows ${shown}`, REVOKED)
    case 'changed':
      return refuse(
        options,
        `the host key of ${server} has changed: it shows ${shown}, but ${at} has ${known}. Either the server was reinstalled, or another machine answers in its place`,
        `${compare}; only if it is the same, forget the old key (${forget}) and add the new one (${add})`,
      )
    case 'other-type-known':
      return refuse(
        options,
        `the host key of ${server} has a type that is not known: it shows ${shown}, but ${at} has ${known}`,
        `${compare}; if it is the same, add it (${add})`,
      )
    default:
      return refuse(
        options,
        `the host key of ${server} can only be checked by a certificate (@cert-authority at ${at}), which shipit does not support; it shows ${shown}`,
        `${compare}; if it is the same, add the key itself (${add})`,
      )
  }
}
