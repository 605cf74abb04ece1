import type { Host } from '../inventory/types.ts'
import { quote } from '../shell/quote.ts'

/** The command line that runs `script` on a host from this machine; `script` is shell text already. */
export const sshCommand = ({ user, address, port, ssh }: Host, script: string): string => {
  if (ssh.transport === 'local') return script
  const to = `${user === undefined ? '' : `${user}@`}${address}`
  // sudo may want to ask
  const terminal = script.startsWith('sudo ') ? '-t ' : ''
  return `ssh ${terminal}${port === undefined || port === 22 ? '' : `-p ${port} `}${quote(to).toString()} ${quote(script).toString()}`
}
