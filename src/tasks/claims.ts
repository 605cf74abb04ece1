import type { Host, Selector } from '../inventory/types.ts'

/** Something on a host that only one use of a recipe may have: a unit, a job, a pidfile, a file. */
export interface Claim {
  /** as part of a sentence: `sidekiq.service of the host's systemd` */
  readonly what: string
  /** the part of the recipe that claims it; default: the recipe */
  readonly by?: string
}

/** The context of a recipe's `claims`, once for each host of the stage. */
export interface ClaimsContext<S = Record<string, unknown>> {
  readonly settings: S
  readonly host: Host
  /** the name the recipe is used under */
  readonly usedAs: string
  readonly application: string
  readonly stage: string
  hosts(on: Selector): readonly Host[]
}
