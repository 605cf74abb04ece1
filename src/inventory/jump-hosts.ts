import { usageError } from '../values/errors.ts'
import { withoutPassword } from './host-string.ts'
import type { Host } from './types.ts'

export interface Hop {
  readonly host: string
  readonly user: string | undefined
  readonly port: number | undefined
}

/** Parses `user@host:port,[::1]:2222,ssh://…`, as in ssh_config's ProxyJump, first hop first. Throws a usage error on anything else. */
export const parseJumps = (spec: string, host?: Pick<Host, 'name'>): Hop[] =>
  spec.split(',').map((part) => {
    const match =
      /^(?:ssh:\/\/)?(?:([^@:\s]+)@)?(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s:@[\]]+)|([0-9A-Fa-f]*:[0-9A-Fa-f:.]+))(?::(\d+))?\/?$/.exec(
        part.trim(),
      )
    const name = match?.[2] ?? match?.[3] ?? match?.[4]
    const port = match?.[5] === undefined ? undefined : Number(match[5])
    if (!match || name === undefined || name.startsWith('-') || (port !== undefined && (port < 1 || port > 65_535)))
      throw usageError(`not a jump host: ${shown(part)} in ${shown(spec)}`, {
        host: host?.name,
        hint: "write proxyJump: 'user@host:port', several with commas, or 'none'",
      })
    return { host: name, user: match[1], port }
  })

/** Hides what may be a password: the text between a colon and the last @. */
const shown = (spec: string): string => JSON.stringify(spec.split(',').map(withoutPassword).join(','))
