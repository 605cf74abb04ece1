import type { Identities } from './identities.ts'

export interface AuthOptions {
  /** the host's name, for errors */
  readonly host: string
  /** `deploy@10.0.0.1:22`, for errors */
  readonly address: string
  readonly user: string
  /** the command that logs in with ssh, for errors */
  readonly login: string
  readonly identities: Identities
  /** false if nobody can be asked for a passphrase: encrypted keys are then skipped */
  readonly canAsk: boolean
  /** no shortcuts: ask before signing, wait for every answer */
  readonly cautious: boolean
  readonly BaseAgent: typeof import('ssh2').BaseAgent
}
