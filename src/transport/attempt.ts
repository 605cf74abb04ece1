import { EXIT, ShipitError } from '../values/errors.ts'
import type { Host, HostKeyPolicy } from '../inventory/types.ts'
import { authentication } from './auth.ts'
import { clientConnection, type SshLogin } from './connection.ts'
import { dial, hostPort } from './dial.ts'
import { connectFailure, type Phase } from './failure.ts'
import { forwardedAgent } from './forward.ts'
import { hostCheck } from './hostcheck.ts'
import { identities, type Identities } from './identities.ts'
import { login } from './login.ts'
import type { Route } from './route.ts'
import { localPath } from './sshconfig.ts'
import type { SshSettings } from './sshsettings.ts'
import type { ConnectOptions } from './types.ts'

export interface Attempt {
  /** `cautious` skips the shortcuts of {@link eagerly}, which an unusual server may reject */
  (host: Host, route: Route, connect: ConnectOptions, how: { jump: SshLogin | undefined; cautious: boolean }): Promise<SshLogin>
  /** Starts to load ssh2 in the background, because that takes a moment. */
  preload(): void
}

/** Tries one login once. Throws ShipitError; `worthRetrying` tells whether a retry makes sense. */
export const attempts = (limits: { patience: number | undefined; connectTimeout: number }): Attempt => {
  /** per user, the key that was accepted last: most likely the right one for the next host */
  const worked = new Map<string, Buffer>()
  let warned = false
  let libraries: Promise<readonly [typeof import('node-ssh'), typeof import('ssh2')]> | undefined
  const load = () => (libraries ??= Promise.all([import('node-ssh'), import('ssh2').then((module) => module.default)]))

  const attempt = async (...[host, route, connect, { jump, cautious }]: Parameters<Attempt>): Promise<SshLogin> => {
    const { settings } = route
    const [{ NodeSSH }, ssh2] = await load()
    const policy = policyOf(host, settings)
    if (policy === 'no' && !warned) {
      warned = true
      connect.onWarning?.(`host keys are not verified (hostKeys: 'no'): anybody on the way can read and change what is deployed`)
    }
    const address = `${settings.user}@${hostPort(settings.hostname, settings.port)}`
    let dialled: string | undefined
    const check = hostCheck({
      host: host.name,
      address: route.address,
      hostname: settings.hostname,
      port: settings.port,
      alias: settings.hostKeyAlias,
      policy,
      userFiles: settings.userKnownHosts,
      globalFiles: settings.globalKnownHosts,
      revokedFiles: settings.revokedHostKeys,
      ip: () => (settings.checkHostIp && settings.proxyCommand === undefined ? dialled : undefined),
      hash: settings.hashKnownHosts,
      onWarning: connect.onWarning,
    })
    const found = await findKeys(host, settings, connect, ssh2.utils.parseKey)
    const auth = authentication({
      host: host.name,
      address,
      user: settings.user,
      identities: { ...found, offer: lastFirst(found.offer, worked.get(settings.user)) },
      canAsk: connect.askPassphrase !== undefined,
      cautious,
      BaseAgent: ssh2.BaseAgent,
    })
    const agent = forwardedAgent(settings.agent, ssh2.OpenSSHAgent)
    let phase: Phase = 'dial'
    try {
      const socket = jump
        ? await jump.forward(settings.hostname, settings.port)
        : await dial({
            hostname: settings.hostname,
            port: settings.port,
            family: settings.family,
            bindAddress: settings.bindAddress,
            timeout: settings.connectTimeout ?? limits.connectTimeout,
            signal: connect.signal,
          })
      if ('remoteAddress' in socket) dialled = (socket.remoteAddress as string | undefined)?.replace(/^::ffff:/, '')
      phase = 'handshake'
      const logged = await login({
        NodeSSH,
        socket,
        user: settings.user,
        auth,
        check,
        agent: agent?.agent,
        signal: connect.signal,
        onPhase: (reached) => (phase = reached),
        ...(limits.patience === undefined ? {} : { patience: limits.patience }),
      })
      const blob = auth.current()?.blob
      if (blob) worked.set(settings.user, blob)
      return clientConnection({ ...logged, socket, host: host.name, address, agent, onWarning: connect.onWarning })
    } catch (error) {
      connect.signal.throwIfAborted()
      throw connectFailure(error, { host: host.name, address: route.address, hostname: settings.hostname, phase, via: route.via?.address })
    }
  }
  return Object.assign(attempt, { preload: () => void load().catch(() => undefined) })
}

/** The setting of shipit wins. From ssh_config only `accept-new` counts: `no`, which trusts any key, must be set in shipit itself. */
const policyOf = (host: Host, settings: SshSettings): HostKeyPolicy =>
  host.ssh.hostKeys ?? (settings.strictHostKeyChecking === 'accept-new' ? 'accept-new' : 'yes')

const findKeys = async (
  host: Host,
  settings: SshSettings,
  connect: ConnectOptions,
  parseKey: typeof import('ssh2').utils.parseKey,
): Promise<Identities> => {
  const { keys } = host.ssh
  const found = await identities({
    files: keys?.map(localPath) ?? settings.identityFiles,
    named: keys !== undefined || settings.identitiesNamed,
    only: settings.identitiesOnly,
    certificates: settings.certificateFiles,
    agent: settings.agent,
    ask: connect.askPassphrase,
    parseKey,
  })
  if (keys && found.missing.length > 0)
    throw new ShipitError(`there is no key file ${found.missing.join(', ')}`, {
      exit: EXIT.unreachable,
      host: host.name,
      hint: 'correct ssh: { keys }, or make the key with ssh-keygen -t ed25519',
    })
  return found
}

const lastFirst = (offer: Identities['offer'], blob: Buffer | undefined): Identities['offer'] => {
  const known = offer.find((identity) => blob && identity.blob?.equals(blob))
  return known ? [{ ...known, eager: () => !known.locked() }, ...offer.filter((identity) => identity !== known)] : offer
}
