import type { Host } from '../inventory/types.ts'
import { toText } from '../shell/bytes.ts'
import { pathBin, quoteBin } from '../shell/quote.ts'
import { isPath } from '../values/path.ts'
import type { Path } from '../values/path.ts'

/** A command for this machine's shell that runs one on a host, as the stage logs in there. */
export const sshTo = (host: Host, words: readonly (string | Path)[]): string => {
  const remote = words.map((word) => (isPath(word) ? pathBin(word) : quoteBin(word))).join(' ')
  return ['ssh', ...options(host, '-p'), quoted(whoAt(host, host.address)), quoted(toText(remote))].join(' ')
}

/** A command for this machine's shell that copies a file to a host. */
export const scpTo = (host: Host, file: string, to: Path): string => {
  const address = host.address.includes(':') ? `[${host.address}]` : host.address
  const local = /^-|:/.test(file) ? `./${file}` : file
  return ['scp', ...options(host, '-P'), quoted(local), quoted(`${whoAt(host, address)}:${String(to).replace(/^~\//, '')}`)].join(' ')
}

const whoAt = ({ user }: Host, address: string): string => (user === undefined ? address : `${user}@${address}`)

/** What the config says of the login; the rest ssh knows itself. */
const options = ({ port, ssh }: Host, flag: '-p' | '-P'): string[] => [
  ...(ssh.configFile === undefined ? [] : ['-F', quoted(ssh.configFile)]),
  ...(port === undefined || port === 22 ? [] : [flag, String(port)]),
  ...(ssh.keys ?? []).flatMap((key) => ['-i', toText(pathBin(key))]),
  ...(ssh.proxyJump === undefined ? [] : ['-J', quoted(ssh.proxyJump)]),
]

const quoted = (text: string): string => toText(quoteBin(text))
