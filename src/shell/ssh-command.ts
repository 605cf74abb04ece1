import { toText } from './bytes.ts'
import { pathBin, quote } from './quote.ts'
import { isPath } from '../values/path.ts'
import type { Path } from '../values/path.ts'

// Command lines for remedies. You type them on this machine, and they log in as the stage does.

/** The settings of a host's login. */
export interface Login {
  readonly address: string
  readonly user: string | undefined
  readonly port: number | undefined
  readonly ssh: {
    readonly transport?: 'ssh2' | 'local' | undefined
    readonly configFile?: string | undefined
    readonly keys?: readonly string[] | undefined
    readonly proxyJump?: string | undefined
  }
}

/** Logs in to a host, and runs nothing. `flags`: `-v`. */
export const loginTo = (host: Login, ...flags: readonly string[]): string =>
  ['ssh', ...flags, ...options(host, '-p'), quoted(userAt(host, host.address))].join(' ')

/** Runs shell text on a host. */
export const shellOn = (host: Login, script: string): string => {
  if (host.ssh.transport === 'local') return script
  // sudo may ask for a password
  const terminal = script.startsWith('sudo ') ? ['-t'] : []
  return `${loginTo(host, ...terminal)} ${quoted(script)}`
}

/** Runs one command on a host. */
export const sshTo = (host: Login, words: readonly (string | Path)[]): string => shellOn(host, words.map(quoted).join(' '))

/** Copies a file to a host. */
export const scpTo = (host: Login, file: string, to: Path): string => {
  const local = /^-|:/.test(file) ? `./${file}` : file
  if (host.ssh.transport === 'local') return ['cp', quoted(local), quoted(to)].join(' ')
  const address = host.address.includes(':') ? `[${host.address}]` : host.address
  return ['scp', ...options(host, '-P'), quoted(local), quoted(`${userAt(host, address)}:${String(to).replace(/^~\//, '')}`)].join(' ')
}

const userAt = ({ user }: Login, address: string): string => (user === undefined ? address : `${user}@${address}`)

/** The options for what the config sets; ssh knows the rest itself. */
const options = ({ port, ssh }: Login, flag: '-p' | '-P'): string[] => [
  ...(ssh.configFile === undefined ? [] : ['-F', atHome(ssh.configFile)]),
  ...(port === undefined || port === 22 ? [] : [flag, String(port)]),
  ...(ssh.keys ?? []).flatMap((key) => ['-i', atHome(key)]),
  ...(ssh.proxyJump === undefined ? [] : ['-J', quoted(ssh.proxyJump)]),
]

const quoted = (word: string | Path): string => (isPath(word) ? atHome(word) : quote(word).toString())

/** A path whose leading `~/` the shell expands. */
const atHome = (path: string | Path): string => toText(pathBin(path))
