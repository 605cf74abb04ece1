import type { Duplex } from 'node:stream'
import { EXIT, ShipitError } from '../../values/errors.ts'
import type { Host, HostKeyPolicy } from '../../inventory/types.ts'
import { loginTo } from '../../shell/ssh-command.ts'
import { authentication, type Auth } from '../auth/handler.ts'
import { clientConnection, type SshLogin } from './connection.ts'
import { dial, hostPort } from './dial.ts'
import { connectFailure, type FailureContext, type Phase } from './failure.ts'
import { forwardedAgent } from '../auth/agent-forwarding.ts'
import { hostCheck, type HostCheck } from '../hostkeys/check.ts'
import { identities, type Identities } from '../auth/identities.ts'
import { login } from './login.ts'
import type { Route } from './route.ts'
import { limitNewSpace } from '../memory.ts'
import { localPath } from '../../inventory/account.ts'
import type { SshSettings } from '../ssh-config/settings.ts'
import type { ConnectOptions } from '../types.ts'

export interface LoginAttempt {
  /** `cautious` skips the shortcuts of {@link optimisticAuth}, which an unusual server may reject */
  (host: Host, route: Route, connect: ConnectOptions, how: { jump: SshLogin | undefined; cautious: boolean }): Promise<SshLogin>
  /** Starts to load ssh2 in the background: it takes a while. */
  preload(): void
}

type Ssh2 = typeof import('ssh2')

/** Makes the function that tries a login once. It throws a ShipitError; {@link worthRetrying} says whether a retry may succeed. */
export const createLoginAttempt = (limits: { loginTimeout: number | undefined; connectTimeout: number }): LoginAttempt => {
  const accepted: AcceptedKeys = new Map()
  let warned = false
  let libraries: Promise<readonly [typeof import('node-ssh'), Ssh2]> | undefined
  const load = () => (libraries ??= loadLibraries())

  const attempt = async (...[host, route, connect, { jump, cautious }]: Parameters<LoginAttempt>): Promise<SshLogin> => {
    const { settings } = route
    const [{ NodeSSH }, ssh2] = await load()
    if (policyOf(host, settings) === 'no' && !warned) {
      warned = true
      connect.onWarning?.(
        `host keys are not verified (hostKeys: 'no'): anybody between here and the server can read and change what is deployed`,
      )
    }
    let dialled: string | undefined
    const check = checkOf(host, route, connect, () => dialled)
    const auth = await authOf(host, route, connect, { ssh2, accepted, cautious })
    const agent = forwardedAgent(settings.agent, ssh2.OpenSSHAgent)
    let phase: Phase = 'dial'
    try {
      const socket = jump ? await jump.forward(settings.hostname, settings.port) : await dialTo(settings, connect, limits.connectTimeout)
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
        ...(limits.loginTimeout === undefined ? {} : { loginTimeout: limits.loginTimeout }),
      })
      const blob = auth.current()?.blob
      if (blob) accepted.set(settings.user, blob)
      return clientConnection({ ...logged, socket, host: host.name, address: accountOf(settings), agent, onWarning: connect.onWarning })
    } catch (error) {
      connect.signal.throwIfAborted()
      throw connectFailure(error, failureContext(host, route, phase))
    }
  }
  return Object.assign(attempt, { preload: () => void load().catch(() => undefined) })
}

const loadLibraries = async (): Promise<readonly [typeof import('node-ssh'), Ssh2]> => {
  const libraries = await Promise.all([import('node-ssh'), import('ssh2').then((module) => module.default)])
  // Not before: V8 rejects compiled code that was cached under other flags, such as that of Node's own modules.
  limitNewSpace()
  return libraries
}

/** per user, the key that was accepted last: most likely the right one for the next host */
type AcceptedKeys = Map<string, Buffer>

/** `deploy@10.0.0.1:22` */
const accountOf = ({ user, hostname, port }: SshSettings): string => `${user}@${hostPort(hostname, port)}`

/** `dialled`: the address that the name resolved to, once it is known. */
const checkOf = (host: Host, route: Route, connect: ConnectOptions, dialled: () => string | undefined): HostCheck => {
  const { settings } = route
  return hostCheck({
    host: host.name,
    address: route.address,
    hostname: settings.hostname,
    port: settings.port,
    alias: settings.hostKeyAlias,
    policy: policyOf(host, settings),
    userFiles: settings.userKnownHosts,
    globalFiles: settings.globalKnownHosts,
    revokedFiles: settings.revokedHostKeys,
    ip: () => (settings.checkHostIp && settings.proxyCommand === undefined ? dialled() : undefined),
    hash: settings.hashKnownHosts,
    onWarning: connect.onWarning,
  })
}

/** Collects the keys to offer. Throws a ShipitError if a key file that the config names is missing. */
const authOf = async (
  host: Host,
  route: Route,
  connect: ConnectOptions,
  { ssh2, accepted, cautious }: { readonly ssh2: Ssh2; readonly accepted: AcceptedKeys; readonly cautious: boolean },
): Promise<Auth> => {
  const { settings } = route
  const found = await findKeys(host, settings, connect, ssh2.utils.parseKey)
  return authentication({
    host: host.name,
    address: accountOf(settings),
    user: settings.user,
    login: loginTo(route.login),
    identities: { ...found, offer: acceptedFirst(found.offer, accepted.get(settings.user)) },
    canAsk: connect.askPassphrase !== undefined,
    cautious,
    BaseAgent: ssh2.BaseAgent,
  })
}

const dialTo = (settings: SshSettings, connect: ConnectOptions, connectTimeout: number): Promise<Duplex> =>
  dial({
    hostname: settings.hostname,
    port: settings.port,
    family: settings.family,
    bindAddress: settings.bindAddress,
    timeout: settings.connectTimeout ?? connectTimeout,
    signal: connect.signal,
  })

const failureContext = (host: Host, route: Route, phase: Phase): FailureContext => ({
  host: host.name,
  address: route.address,
  hostname: route.settings.hostname,
  phase,
  via: route.via?.address,
  login: loginTo(route.login, '-v'),
})

/** shipit's own setting wins. Of ssh_config, only `accept-new` counts: `no`, which trusts any key, must be set in shipit itself. */
const policyOf = (host: Host, settings: SshSettings): HostKeyPolicy =>
  host.ssh.hostKeys ?? (settings.strictHostKeyChecking === 'accept-new' ? 'accept-new' : 'yes')

const findKeys = async (
  host: Host,
  settings: SshSettings,
  connect: ConnectOptions,
  parseKey: Ssh2['utils']['parseKey'],
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

const acceptedFirst = (offer: Identities['offer'], blob: Buffer | undefined): Identities['offer'] => {
  const known = offer.find((identity) => blob && identity.blob?.equals(blob))
  return known ? [{ ...known, optimistic: () => !known.locked() }, ...offer.filter((identity) => identity !== known)] : offer
}
