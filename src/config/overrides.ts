import type { Call } from '../shell/types.ts'

/** The command line, the last layer. */
export interface Overrides {
  readonly branch?: string
  /** `--set keepReleases=3`, `--set sidekiq.processes=8` */
  readonly set?: readonly string[]
  /** builds the commands that are printed; by default they carry nothing from the command line */
  readonly shipit?: Call
  /** No command will run: a secret in their environment may be missing. */
  readonly runsNothing?: true
}
