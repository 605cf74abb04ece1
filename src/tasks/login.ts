import type { Host } from '../inventory/types.ts'
import { toText } from '../shell/bytes.ts'
import { pathBin, quote } from '../shell/quote.ts'
import { isPath } from '../values/path.ts'
import type { Path } from '../values/path.ts'

// Command lines for remedies. You type them on this machine, and they log in as the stage does.

/** Runs shell text on a host. */
export const shellOn = (host: Host, script: string): string => {
  if (host.ssh.transport === 'local') return script
  // sudo may ask for a password
  const terminal = script.startsWith('sudo ') ? ['-t'] : []
  return ['ssh', ...terminal, ...options(host, '-p'), quoted(whoAt(host, host.address)), quoted(script)].join(' ')
}

/** Runs one command on a host. */
export const sshTo = (host: Host, words: readonly (string | Path)[]): string => shellOn(host, words.map(quoted).join(' '))

/** Copies a file to a host. */
export const scpTo = (host: Host, file: string, to: Path): string => {
  const local = /^-|:/.test(file) ? `./${file}` : file
  if (host.ssh.transport === 'local') return ['cp', quoted(local), quoted(to)].join(' ')
  const address = host.address.includes(':') ? `[${host.address}]` : host.address
  return ['scp', ...options(host, '-P'), quoted(local), quoted(`${whoAt(host, address)}:${String(to).replace(/^~\//, '')}`)].join(' ')
}

const whoAt = ({ user }: Host, address: string): string => (user === undefined ? address : `${user}@${address}`)

/** What the config sets for the login; ssh knows the rest itself. */
const options = ({ port, ssh }: Host, flag: '-p' | '-P'): string[] => [
  ...(ssh.configFile === undefined ? [] : ['-F', atHome(ssh.configFile)]),
  ...(port === undefined || port === 22 ? [] : [flag, String(port)]),
  ...(ssh.keys ?? []).flatMap((key) => ['-i', atHome(key)]),
  ...(ssh.proxyJump === undefined ? [] : ['-J', quoted(ssh.proxyJump)]),
]

const quoted = (word: string | Path): string => (isPath(word) ? atHome(word) : quote(word).toString())

/** A path whose leading `~/` the shell expands. */
const atHome = (path: string | Path): string => toText(pathBin(path))
