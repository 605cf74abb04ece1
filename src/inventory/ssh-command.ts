import { backslashed } from '../shell/quote.ts'
import { localPath } from './account.ts'
import { parseJumps, type Hop } from './jump-hosts.ts'
import type { Host, SshOptions } from './types.ts'

/**
 * Instead of `ssh`, on a host that is this machine: drops the host, and runs what follows here, in a shell, as ssh does there. Without words,
 * ssh would start a shell.
 */
export const LOCAL_SSH_COMMAND: readonly string[] = ['sh', '-c', 'shift; if [ $# -gt 0 ]; then exec sh -c "$*"; else exec sh; fi', 'ssh']

/** The words of an `ssh` that reaches a host as shipit does, without the host itself. */
export const sshCommandFor = ({ user, port, ssh }: Pick<Host, 'user' | 'port' | 'ssh'>): readonly string[] =>
  Object.freeze(ssh.transport === 'local' ? LOCAL_SSH_COMMAND : [...login(ssh, { user, port }), ...through(ssh)])

type Account = Pick<Hop, 'user' | 'port'>

/** The options that are the same for a host and for those before it: ssh passes none of them on to its own jump hosts. */
const login = ({ configFile, keys = [], hostKeys = 'yes' }: SshOptions, { user, port }: Account): readonly string[] => [
  'ssh',
  ...(configFile === undefined ? [] : ['-F', configFile === 'none' ? 'none' : localPath(configFile)]),
  // a step has no terminal at which it could be asked
  '-o',
  'BatchMode=yes',
  ...HOST_KEYS[hostKeys].flatMap((option) => ['-o', option]),
  ...keys.flatMap((key) => identity(localPath(key))),
  ...(port === undefined ? [] : ['-p', String(port)]),
  ...(user === undefined ? [] : ['-l', user]),
]

/** shipit knows a host before any task runs: with `accept-new`, its key has been added. */
const HOST_KEYS: Readonly<Record<NonNullable<SshOptions['hostKeys']>, readonly string[]>> = {
  yes: ['StrictHostKeyChecking=yes'],
  'accept-new': ['StrictHostKeyChecking=accept-new'],
  no: ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'GlobalKnownHostsFile=/dev/null', 'LogLevel=ERROR'],
}

/** ssh expands percent signs in `-i`, but looks for the file as it is written before that. */
const identity = (file: string): readonly string[] =>
  file.includes('%') ? ['-o', `IdentityFile="${escaped(file).replaceAll(/["\\]/g, '\\$&')}"`] : ['-i', file]

const through = (ssh: SshOptions): readonly string[] => {
  const { proxyJump } = ssh
  if (proxyJump === undefined) return []
  if (proxyJump.toLowerCase() === 'none') return ['-o', 'ProxyJump=none']
  const hops = jumps(proxyJump)
  // what ssh itself cannot read, it has to refuse: so does shipit, when it connects
  return hops === undefined ? ['-J', proxyJump] : ['-o', `ProxyCommand=${proxyCommand(ssh, hops)}`]
}

const jumps = (text: string): readonly Hop[] | undefined => {
  try {
    return parseJumps(text)
  } catch {
    return undefined
  }
}

/**
 * `ssh` to the last jump host, through those before it. `-J` would not do: it takes no keys for them. The first one may have a jump host in
 * ssh_config, as for shipit.
 */
const proxyCommand = (ssh: SshOptions, hops: readonly Hop[]): string => {
  const last = hops.at(-1)!
  const before = hops.slice(0, -1)
  const words = [...login(ssh, last), ...(before.length === 0 ? [] : ['-o', `ProxyCommand=${proxyCommand(ssh, before)}`])]
  // the percent signs of the inner command are not for this ssh
  return [...words.map((word) => escaped(backslashed(word))), '-W', String.raw`\[%h\]:%p`, '--', escaped(backslashed(last.host))].join(' ')
}

const escaped = (text: string): string => text.replaceAll('%', '%%')
