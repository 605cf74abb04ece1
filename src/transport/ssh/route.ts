import { parseJumps, type Hop } from '../../inventory/jump-hosts.ts'
import { EXIT, ShipitError } from '../../values/errors.ts'
import type { Host } from '../../inventory/types.ts'
import type { Login } from '../../shell/ssh-command.ts'
import { hostPort } from './dial.ts'
import type { SshQuery, SshSettings } from '../ssh-config/settings.ts'

/** A host with its ssh_config settings and the jump host before it. */
export interface Route {
  readonly settings: SshSettings
  readonly via: Route | undefined
  /** `10.0.0.1:22` */
  readonly address: string
  /** what `ssh` needs to log in there */
  readonly login: Login
}

export type Lookup = (query: SshQuery) => Promise<SshSettings>

/** Resolves a host and its jump hosts. Throws ShipitError for ProxyCommand, which this transport cannot run, and for loops. */
export const routeTo = (host: Host, lookup: Lookup): Promise<Route> => {
  const { proxyJump, configFile, keys } = host.ssh
  const ask = (hop: Hop): SshQuery => ({ alias: hop.host, user: hop.user, port: hop.port, configFile, host: host.name })

  const resolve = async (hop: Hop, own: string | undefined, seen: readonly string[]): Promise<Route> => {
    const settings = await lookup(ask(hop))
    const address = hostPort(settings.hostname, settings.port)
    if (seen.includes(address))
      throw unreachable(
        host,
        `the jump hosts form a loop: ${[...seen, address].join(' ← ')}`,
        'give the jump host `ProxyJump none` in ssh_config',
      )
    const jump = own ?? settings.proxyJump
    if (settings.proxyCommand !== undefined && jump === undefined)
      throw unreachable(
        host,
        `ssh_config sets a ProxyCommand for ${hop.host}, which shipit cannot run (${settings.proxyCommand})`,
        'use ProxyJump instead, in ssh_config or as ssh: { proxyJump: … }',
      )
    const hops = jump === undefined || jump.toLowerCase() === 'none' ? [] : parseJumps(jump, host)
    let via: Route | undefined
    for (const [i, next] of hops.entries()) {
      // only the first hop may have a jump host of its own; each of the others uses the one before it
      const behind: Route = await resolve(next, i === 0 ? undefined : 'none', [...seen, address])
      const login = { ...behind.login, ssh: { ...behind.login.ssh, proxyJump: jump!.split(',').slice(0, i).join(',') } }
      via = via ? { ...behind, via, login } : behind
    }
    const login = { address: hop.host, user: settings.user, port: hop.port, ssh: { configFile, keys, proxyJump: own } }
    return { settings, via, address, login }
  }
  return resolve({ host: host.address, user: host.user ?? host.ssh.user, port: host.port ?? host.ssh.port }, proxyJump, [])
}

const unreachable = (host: Host, message: string, hint: string): ShipitError =>
  new ShipitError(message, { exit: EXIT.unreachable, host: host.name, hint })
