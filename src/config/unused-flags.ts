import type { Host, SshOptions } from '../inventory/types.ts'
import type { Problem } from '../errors/source-location.ts'

/** Command-line SSH options that no host of the stage uses. An option that changes nothing is a mistake, not a no-op. */
export const unusedSshFlags = (flags: SshOptions | undefined, hosts: readonly Host[], stage: string): Problem[] =>
  Object.keys(flags ?? {}).flatMap((key) => {
    if (key === 'transport' && hosts.length > 0) return []
    if (hosts.some(({ ssh }) => ssh.transport !== 'local')) return []
    const why = hosts.length === 0 ? `${stage} has no servers` : "ssh.transport is 'local', so nothing logs in"
    return [{ path: ['--set', 'ssh', key], message: `changes nothing: ${why}` }]
  })
