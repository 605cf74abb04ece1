import { EXIT, ShipitError } from '../../values/errors.ts'
import type { AuthOptions } from './options.ts'
import type { Identity } from './identities.ts'
import { keyType } from '../hostkeys/known-hosts.ts'

export interface AuthAttempts {
  readonly tried: readonly string[]
  readonly problems: readonly ShipitError[]
  /** the methods that the server still accepts */
  readonly methods: readonly string[] | undefined
}

/** The error if no key was accepted: what was tried, what could not be tried, and what to do about it. */
export const authFailure = (
  options: Pick<AuthOptions, 'host' | 'address' | 'user' | 'login' | 'identities'>,
  attempts: AuthAttempts,
): ShipitError => {
  const { tried, problems, methods } = attempts
  const { unusable } = options.identities
  const notes = [...problems.map((problem) => problem.message), ...unusable.map(({ is }) => is)]
  const details = notes.length === 0 ? '' : `; ${notes.join('; ')}`
  const error = (message: string, hint: string): ShipitError =>
    new ShipitError(`cannot log in as ${options.address}: ${message}${details}`, {
      exit: EXIT.unreachable,
      host: options.host,
      hint,
      cause: problems[0],
    })

  if (methods && !methods.includes('publickey'))
    return error(
      tried.length === 0 || !methods.length
        ? 'the server does not accept keys'
        : `after ${list(tried)} the server wants ${methods.join(' or ')}`,
      'shipit logs in with keys: allow publickey alone for this account (sshd_config: AuthenticationMethods, PubkeyAuthentication)',
    )
  if (tried.length === 0)
    return error(
      'there is no key to offer',
      problems[0]?.hint ?? unusable[0]?.remedy ?? "start an agent (ssh-add), or name a key file: ssh: { keys: ['~/.ssh/id_ed25519'] }",
    )
  return error(
    `the server rejected ${tried.length === 1 ? 'the key offered' : `all ${tried.length} keys offered`} (${list(tried)})`,
    problems[0]?.hint ??
      unusable.find(({ minor }) => minor !== true)?.remedy ??
      `try: ${options.login}; is the public key in ~${options.user}/.ssh/authorized_keys there, and is it the right account?${options.identities.offer.some(isRsa) ? RSA_HINT : ''}`,
  )
}

/** Why a server may refuse an authorized RSA key. */
const RSA_HINT = ' Does the server take RSA keys of that length (sudo sshd -T | grep -iE "pubkeyaccepted|requiredrsasize")?'
const isRsa = ({ blob }: Identity): boolean => blob !== undefined && keyType(blob) === 'ssh-rsa'

const list = (labels: readonly string[]): string => labels.join(', ')
