import type { Call } from '../shell/types.ts'

/** From the command line, the last layer. */
export interface Overrides {
  readonly branch?: string
  /** `--set keepReleases=3`, `--set sidekiq.processes=8` */
  readonly set?: readonly string[]
  /** makes the commands that are printed; default: they carry nothing of the command line */
  readonly shipit?: Call
}
