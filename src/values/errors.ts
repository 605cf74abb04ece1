/** The exit codes of a run. The worst one wins, in the order of `src/run/outcome.ts`. */
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
  /** hosts differ: check them by hand */
  split: 6,
  /** the new release is live everywhere and a later task failed */
  liveButFailed: 7,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const

/** The exit code after each signal that ends a run. */
export const SIGNAL_EXIT = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hangup } as const

/** The subject of an error, if code depends on it. `programs`: some are missing; `commit`: the repository or commit cannot be read. `no config`: none was found. */
export type ErrorAbout = 'programs' | 'commit' | 'no config'

export interface ErrorDetails {
  about?: ErrorAbout
  /** Exit code of the process when this error ends it; see {@link EXIT}. */
  exit?: number
  /** What to do next, as a sentence or a command to type. */
  hint?: string | undefined
  /** The name of the host, if it happened on one. */
  host?: string | undefined
  /** `deploy.config.ts:12`, if a line of the config is at fault. */
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
