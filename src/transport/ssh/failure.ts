import { EXIT, ShipitError } from '../../values/errors.ts'

/** How far a login got before it failed. */
export type Phase = 'dial' | 'handshake' | 'login'

export interface FailureContext {
  /** the host's name */
  readonly host: string
  /** `10.0.0.1:22` */
  readonly address: string
  readonly hostname: string
  readonly phase: Phase
  /** the command that logs in with ssh, verbosely */
  readonly login: string
  /** the address of the jump host, if it used one */
  readonly via: string | undefined
}

const retryable = new WeakSet<Error>()

/** Whether a retry in a moment may succeed. */
export const worthRetrying = (error: unknown): boolean => error instanceof Error && retryable.has(error)

/** The error has been retried often enough: {@link worthRetrying} is false for it from now on. */
export const stopRetrying = (error: unknown): void => {
  if (error instanceof Error) retryable.delete(error)
}

/** Turns an error of the system or of ssh2 into one that the user can act on. */
export const connectFailure = (error: unknown, context: FailureContext): ShipitError => {
  if (error instanceof ShipitError) return error
  const details = describe(error)
  const { reason, hint, retry } = bySystem(details, context) ?? byAnswer(details, context)
  const to = `${context.address}${context.via === undefined ? '' : ` through ${context.via}`}`
  const made = new ShipitError(`cannot connect to ${to}: ${reason}`, { exit: EXIT.unreachable, host: context.host, hint, cause: error })
  if (retry) retryable.add(made)
  return made
}

interface ErrorDetails {
  readonly code: string | undefined
  readonly level: string | undefined
  readonly message: string
}

interface Explained {
  readonly reason: string
  readonly hint: string
  /** a retry in a moment may succeed */
  readonly retry: boolean
}

/** Explains an error of the system, or of a jump host, by its code. */
const bySystem = (details: ErrorDetails, context: FailureContext): Explained | undefined =>
  details.code !== undefined && Object.hasOwn(BY_CODE, details.code) ? BY_CODE[details.code]!(details, context) : undefined

const noRoute = ({ code }: ErrorDetails): Explained => ({
  reason: `no route to it (${code})`,
  hint: 'is this machine in the right network (VPN), and is the address right?',
  retry: false,
})

const notAllowed = ({ code }: ErrorDetails): Explained => ({
  reason: `this machine does not allow it (${code})`,
  hint: 'check the firewall of this machine',
  retry: false,
})

const BY_CODE: Readonly<Record<string, (details: ErrorDetails, context: FailureContext) => Explained>> = {
  ENOTFOUND: (_, { hostname }) => ({
    reason: `no such host name (${hostname})`,
    hint: 'check its spelling; an alias belongs in ~/.ssh/config, a name in DNS or /etc/hosts',
    retry: false,
  }),
  EAI_AGAIN: (_, { hostname }) => ({
    reason: `the name ${hostname} could not be looked up`,
    hint: 'is this machine online, and does its DNS server answer?',
    retry: true,
  }),
  ECONNREFUSED: () => ({ reason: 'connection refused', hint: 'is sshd running there, and is this its port?', retry: true }),
  ETIMEDOUT: ({ message }) => ({
    reason: `no answer (${message})`,
    hint: 'is the host up, and does a firewall let this machine in? (ConnectTimeout in ssh_config changes the limit)',
    retry: true,
  }),
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  EADDRNOTAVAIL: noRoute,
  EACCES: notAllowed,
  EPERM: notAllowed,
  EJUMP: ({ message }) => ({
    reason: message,
    hint: 'allow it in the sshd_config of the jump host (AllowTcpForwarding, PermitOpen)',
    retry: false,
  }),
}

/** Explains any other error by how far the login got, and by the message of the server or of ssh2. */
const byAnswer = ({ level, message }: ErrorDetails, { phase, login }: FailureContext): Explained => {
  if (/too many authentication failures/i.test(message))
    return {
      reason: 'too many keys were offered before the right one (sshd: MaxAuthTries)',
      hint: "name the right one: ssh: { keys: ['~/.ssh/id_ed25519'] }, or IdentitiesOnly in ssh_config",
      retry: false,
    }
  if (
    !/connection lost/i.test(message) &&
    (level === 'handshake' || /^handshake failed|no matching|unsupported|protocol|invalid|bad packet|greeting/i.test(message))
  )
    return {
      reason: `the SSH handshake failed: ${message}`,
      hint: `try: ${login}; the server there may not be an sshd, or may have no algorithm in common with shipit`,
      retry: false,
    }
  if (phase === 'handshake')
    return {
      reason: `the connection was closed before the login (${message})`,
      hint: 'sshd turns connections away when it is busy (MaxStartups) or when it blocks this address (fail2ban, PerSourcePenalties)',
      retry: true,
    }
  return { reason: `the connection was lost during the login (${message})`, hint: `try: ${login}`, retry: true }
}

/** The error for a login that took too long, which is worth retrying. */
export const loginTimedOut = (ms: number): Error =>
  Object.assign(new Error(`the SSH login made no progress for ${ms / 1000} s`), { code: 'ETIMEDOUT' })

const describe = (error: unknown): ErrorDetails => {
  // happy eyeballs: one error per address
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error
  const { code, level, message } = (first ?? {}) as { code?: unknown; level?: unknown; message?: unknown }
  return {
    code: typeof code === 'string' ? code : undefined,
    level: typeof level === 'string' ? level : undefined,
    message: typeof message === 'string' && message !== '' ? message : String(first),
  }
}
