import { isIPv6 as matchesIPv6 } from 'node:net'

export interface HostString {
  readonly user: string | undefined
  readonly address: string
  readonly port: number | undefined
}

/**
 * Reads `host`, `user@host`, `host:port`, `user@host:port`, a bare IPv6 address, `[v6]`, `[v6]:port`, `user@[v6]:port`
 * and `ssh://user@host:port`. Throws a TypeError that explains what is wrong, without repeating the text.
 * A zone (`fe80::1%eth0`) is part of the address.
 */
export const parseHostString = (text: string): HostString => {
  if (text === '') throw new TypeError('it is empty')
  if (/[\s\p{Cc}]/u.test(text)) throw new TypeError('a host string cannot contain spaces or control characters')
  const rest = withoutScheme(text)
  const at = rest.lastIndexOf('@')
  const user = at < 0 ? undefined : checkUser(rest.slice(0, at))
  return { user, ...parseAddress(rest.slice(at + 1)) }
}

/** A host string for a message, with anything that may be a password masked. */
export const withoutPassword = (text: string): string => text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?([^@:]*):.*@/is, '$1$2:[secret]@')

/** The name of a host: its address, with the port if one was given. */
export const hostName = ({ address, port }: Pick<HostString, 'address' | 'port'>): string => {
  if (port === undefined) return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** The number of a TCP port, 1 to 65535. Throws a TypeError. */
const parsePort = (text: string): number => {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65535)
    throw new TypeError(
      text === '' ? 'nothing follows the colon: leave it out, or name a port' : 'the port is not a number from 1 to 65535',
    )
  return port
}

const withoutScheme = (text: string): string => {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/.exec(text)
  if (!scheme) return text
  if (scheme[1]!.toLowerCase() !== 'ssh') throw new TypeError('only ssh:// addresses are supported')
  const rest = scheme[2]!.replace(/\/$/, '')
  if (/[/?#]/.test(rest)) throw new TypeError('an ssh:// address cannot have a path')
  return rest
}

const parseAddress = (text: string): Pick<HostString, 'address' | 'port'> => {
  if (text.startsWith('[')) {
    const match = /^\[([^\]]*)\](?::(.*))?$/.exec(text)
    if (!match) throw new TypeError('only :port may follow [address]')
    if (!isIPv6(match[1]!)) throw new TypeError('the text in brackets is not an IPv6 address')
    return { address: match[1]!, port: match[2] === undefined ? undefined : parsePort(match[2]) }
  }
  if (isIPv6(text)) return { address: text, port: undefined }
  const colon = text.indexOf(':')
  if (colon < 0) return { address: checkName(text), port: undefined }
  if (text.indexOf(':', colon + 1) >= 0) throw new TypeError('too many colons: write [address]:port for an IPv6 address')
  return { address: checkName(text.slice(0, colon)), port: parsePort(text.slice(colon + 1)) }
}

// Expressions for IPv6 and for Unicode take milliseconds to compile, and most hosts need neither.
const isIPv6 = (text: string): boolean => text.includes(':') && matchesIPv6(text)

// What ssh itself accepts as a user: no shell characters, no leading dash (CVE-2023-51385).
const checkUser = (user: string): string => {
  if (user === '') throw new TypeError('the user name before @ is empty')
  if (user.includes(':')) throw new TypeError('a host string cannot contain a password')
  if (user.startsWith('-')) throw new TypeError('a user name cannot begin with a dash')
  if (!/^[\w.@+\\-]+\$?$/.test(user) && !/^[\p{L}\p{N}._@+\\-]+\$?$/u.test(user))
    throw new TypeError('the user name contains invalid characters')
  return user
}

const checkName = (name: string): string => {
  if (name === '') throw new TypeError('the host is empty')
  if (name.length > 253) throw new TypeError('the host name is longer than 253 characters')
  if (!/^[\w.-]+$/.test(name) && !/^[\p{L}\p{N}._-]+$/u.test(name)) throw new TypeError('the host name contains invalid characters')
  if (/^[-.]/.test(name)) throw new TypeError('a host name cannot begin with a dash or a dot')
  if (/^[0-9.]+$/.test(name) && !isIPv4Like(name)) throw new TypeError('it looks like an IPv4 address, but is not a valid one')
  if (/\.\./.test(name)) throw new TypeError('the host name has two dots in a row')
  return name
}

const isIPv4Like = (name: string): boolean => {
  const parts = name.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)
}
