import { EXIT, ShipitError } from '../values/errors.ts'

/** How far a login got before it failed. */
export type Phase = 'dial' | 'handshake' | 'login'

export interface FailureContext {
  /** the host's name */
  readonly host: string
  /** `10.0.0.1:22` */
  readonly address: string
  readonly hostname: string
  readonly phase: Phase
  /** the address of the jump host, if it used one */
  readonly via: string | undefined
}

const again = new WeakSet<Error>()

/** Whether a retry in a moment may succeed. */
export const worthRetrying = (error: unknown): boolean => error instanceof Error && again.has(error)

/** Marks an error as retried often enough. */
export const giveUp = (error: unknown): void => {
  if (error instanceof Error) again.delete(error)
}

/** Turns an error of the system or of ssh2 into one that the user can act on. */
export const connectFailure = (error: unknown, context: FailureContext): ShipitError => {
  if (error instanceof ShipitError) return error
  const { code, level, message } = describe(error)
  const to = `${context.address}${context.via === undefined ? '' : ` through ${context.via}`}`
  const make = (reason: string, hint: string, retry: boolean): ShipitError => {
    const made = new ShipitError(`cannot connect to ${to}: ${reason}`, { exit: EXIT.unreachable, host: context.host, hint, cause: error })
    if (retry) again.add(made)
    return made
  }
  switch (code) {
    case 'ENOTFOUND':
      return make(
        `no such host name (${context.hostname})`,
        'check its spelling; an alias belongs in ~/.ssh/config, a name in DNS or /etc/hosts',
        false,
      )
    case 'EAI_AGAIN':
      return make(
        `the name ${context.hostname} could not be looked up now`,
        'is this machine online, and does its DNS server answer?',
        true,
      )
    case 'ECONNREFUSED':
      return make('connection refused', 'is sshd running there, and is this its port?', true)
    case 'ETIMEDOUT':
      return make(
        `no answer (${message})`,
        'is the host up, and does a firewall let this machine in? (ConnectTimeout in ssh_config changes the limit)',
        true,
      )
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return make(`no route to it (${code})`, 'is this machine in the right network (VPN), and is the address right?', false)
    case 'EACCES':
    case 'EPERM':
      return make(`this machine does not allow it (${code})`, 'a local firewall stands in the way', false)
    case 'EJUMP':
      return make(message, 'allow it in the sshd_config of the jump host (AllowTcpForwarding, PermitOpen)', false)
    default:
  }
  if (/too many authentication failures/i.test(message))
    return make(
      'too many keys were offered before the right one came up (sshd: MaxAuthTries)',
      "name the right one: ssh: { keys: ['~/.ssh/id_ed25519'] }, or IdentitiesOnly in ssh_config",
      false,
    )
  if (
    !/connection lost/i.test(message) &&
    (level === 'handshake' || /^handshake failed|no matching|unsupported|protocol|invalid|bad packet|greeting/i.test(message))
  )
    return make(
      `no common language: ${message}`,
      `try: ssh -v ${context.hostname}; what answers there may not be an sshd, or may share no algorithm with shipit`,
      false,
    )
  if (context.phase === 'handshake')
    return make(
      `the connection was closed before the login (${message})`,
      'sshd turns connections away when it is busy (MaxStartups) or when it blocks this address (fail2ban, PerSourcePenalties)',
      true,
    )
  return make(`the connection was lost during the login (${message})`, `try: ssh -v ${context.hostname}`, true)
}

/** The error for a login that took too long. Worth retrying. */
export const loginTimeout = (ms: number): Error =>
  Object.assign(new Error(`the SSH login made no progress for ${ms / 1000} s`), { code: 'ETIMEDOUT' })

const describe = (error: unknown): { code: string | undefined; level: string | undefined; message: string } => {
  // happy eyeballs: one error per address
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const { code, level, message } = (first ?? {}) as { code?: unknown; level?: unknown; message?: unknown }
  return {
    code: typeof code === 'string' ? code : undefined,
    level: typeof level === 'string' ? level : undefined,
    message: typeof message === 'string' && message !== '' ? message : String(first),
  }
}
