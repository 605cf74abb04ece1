import type { Host } from '../inventory/types.ts'
import { ShipitError } from '../values/errors.ts'
import type { HostRead } from './types.ts'

/** What was read and makes a deploy impossible, of all hosts; before anything is planned. */
export const preconditions = (hosts: readonly Host[], reads: ReadonlyMap<string, HostRead>, making: boolean): ShipitError[] =>
  hosts.flatMap((host) => {
    const { layout } = reads.get(host.name)!
    const errors: ShipitError[] = []
    const missing = making ? layout.missing : layout.missing.filter((tool) => tool !== 'git' && tool !== 'tar')
    if (missing.length > 0) {
      errors.push(
        new ShipitError(`these programs are missing: ${missing.join(', ')}`, {
          host: host.name,
          hint: installHint(missing),
        }),
      )
    }
    if (layout.current.kind === 'other') {
      errors.push(
        new ShipitError(`current is ${layout.current.what}, not a link to a release`, {
          host: host.name,
          hint: 'move it away first: shipit replaces nothing that it cannot put back',
        }),
      )
    }
    if (layout.commit && 'error' in layout.commit) {
      errors.push(new ShipitError(layout.commit.error, { host: host.name, hint: 'say another with --branch, or push it first' }))
    }
    return errors
  })

/** What to type for programs that are missing. */
export const installHint = (missing: readonly string[]): string =>
  `install them on the host, e.g. sudo apt-get install ${missing.map(packageOf).join(' ')}`

const packageOf = (tool: string): string => (tool === 'flock' ? 'util-linux' : tool === 'timeout' ? 'coreutils' : tool)
