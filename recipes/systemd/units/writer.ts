import type { Command, FactsContext } from '../../../src/index.ts'
import type { UnitContext, WantedUnit } from './context.ts'
import type { HostRows, UnitHost } from './host.ts'

/** How a recipe makes the unit files of a service. */
export interface UnitWriter<S, H = unknown> {
  /** undefined: by the settings, shipit does not write the unit */
  readonly plan: (settings: S) => UnitPlan | undefined
  /** what to read from a host beyond {@link UnitHost}: shell that prints it (`say KEY VALUE`), and its parser */
  readonly look?: {
    readonly more: (c: FactsContext<S>) => Command
    readonly parse: (rows: HostRows) => H
  }
  /** the files, by what is known about the host; `c` has the service's own settings, and `settings` are the recipe's */
  readonly files: (c: UnitContext, settings: S, host: (UnitHost & H) | undefined) => readonly WantedUnit[]
  /** folders in which the service makes files, in addition to those of its logs */
  readonly folders?: (c: UnitContext, settings: S) => readonly string[]
  /** the reasons not to write them on this host, each with a remedy */
  readonly problems?: (c: UnitContext, settings: S, host: (UnitHost & H) | undefined) => readonly string[]
  /** notes about them when they are written */
  readonly notes?: (c: UnitContext, settings: S, host: (UnitHost & H) | undefined) => readonly string[]
}

/** What the settings alone say about the files of a service. */
export interface UnitPlan {
  /** the files that shipit writes */
  readonly files: readonly string[]
  /** all files that the use of the recipe has on any host, including those that shipit does not write: all others are old */
  readonly all: readonly string[]
  /** files that the use has under another systemd, by its current settings */
  readonly elsewhere?: readonly string[]
  /** the use has other services: an old file may be theirs, and is removed only with --prune */
  readonly several?: boolean
  /** programs that the host has to find */
  readonly programs: readonly string[]
  /** relative files are in `shared`; null: the journal */
  readonly log: string | null
  readonly errorLog: string | null
}
