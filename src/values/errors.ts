/** What a run's exit code means. The worst wins, in the order of {@link worse}. */
export const EXIT = {
  done: 0,
  /** a task failed; what was live is still live */
  failed: 1,
  /** wrong usage or a wrong config; nothing was connected */
  usage: 2,
  /** a host could not be reached or trusted */
  unreachable: 3,
  /** another run holds the lock */
  locked: 4,
  /** failed after publishing and rolled back */
  rolledBack: 5,
  /** hosts differ: a person must look */
  split: 6,
  /** the new release is live everywhere and a later task failed */
  liveButFailed: 7,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const

/** What an error is about, where somebody decides by it. `programs`: some are missing; `commit`: the repository, or what is to be deployed from it, cannot be read. */
export type ErrorAbout = 'programs' | 'commit'

export interface ErrorDetails {
  about?: ErrorAbout
  /** Exit code of the process when this error ends it; see {@link EXIT}. */
  exit?: number
  /** What to do next, as a sentence or a command to type. */
  hint?: string | undefined
  /** The host's name, when it happened on one. */
  host?: string | undefined
  /** `deploy.config.ts:12`, when a line of the config is to blame. */
  where?: string | undefined
  cause?: unknown
}

/** An error a user can act on: printed as message, host, place and hint, never as a stack trace. */
export class ShipitError extends Error {
  readonly exit: number
  readonly about: ErrorAbout | undefined
  readonly hint: string | undefined
  readonly host: string | undefined
  readonly where: string | undefined

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'ShipitError'
    this.exit = details.exit ?? EXIT.failed
    this.about = details.about
    this.hint = details.hint
    this.host = details.host
    this.where = details.where
  }
}

/** Wrong usage or config: exit 2, nothing was touched. */
export const usageError = (message: string, details: Omit<ErrorDetails, 'exit'> = {}): ShipitError =>
  new ShipitError(message, { ...details, exit: EXIT.usage })
