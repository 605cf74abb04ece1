import type { Host, Selector } from '../inventory/types.ts'

/** Something on a host that one use of a recipe alone may have: a unit, a job, a pidfile, a file. */
export interface Claim {
  /** in a sentence: `sidekiq.service of the host's systemd` */
  readonly what: string
  /** what in the recipe wants it, where that is a part of it; default: the recipe */
  readonly by?: string
}

/** What a recipe's `claims` is told, once for each host of the stage. */
export interface ClaimsContext<S = Record<string, unknown>> {
  readonly settings: S
  readonly host: Host
  /** what the recipe is called here */
  readonly usedAs: string
  readonly application: string
  readonly stage: string
  hosts(on: Selector): readonly Host[]
}
