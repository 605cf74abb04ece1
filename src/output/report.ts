import type { FailureReport, RunEvent } from '../events/types.ts'
import type { EventOf } from './event-lines.ts'
import { findingLines } from './findings.ts'
import type { FindingEvent } from './findings.ts'
import { createShownWarnings } from './shown-warnings.ts'
import type { Paint } from './colours.ts'
import { failureLines, summary, type SummaryOptions } from './summary.ts'

export interface ReportOptions {
  readonly paint: Paint
  /** the log file, for the last line; undefined while there is none */
  readonly log?: (() => string | undefined) | undefined
}

/** What a renderer keeps for the end of a run: failures, findings, and whether the warnings are just above. */
export interface Report {
  event(event: RunEvent): void
  failed(): boolean
  /** The last lines of the run. `shorten` removes from the failures what is just above. */
  end(
    event: EventOf<'run:end'>,
    widths: Pick<SummaryOptions, 'columns' | 'wrapAt'>,
    shorten?: (failures: readonly FailureReport[]) => readonly FailureReport[],
  ): readonly string[]
  /** The failures of a run that ended without `run:end`. */
  rest(columns: number): readonly string[]
}

export const createReport = ({ paint, log }: ReportOptions): Report => {
  const failures: FailureReport[] = []
  const findings: FindingEvent[] = []
  let hosts: readonly string[] | undefined
  const shownWarnings = createShownWarnings()
  return {
    event: (event) => {
      shownWarnings.event(event)
      if (event.type === 'run:start') hosts = event.hosts.map(({ host }) => host)
      if (event.type === 'failure') failures.push(event.failure)
      if (event.type === 'finding') findings.push(event)
    },
    failed: () => failures.length > 0,
    end: (event, widths, shorten = (all) => all) => [
      ...findingLines(findings, paint, widths.wrapAt ?? widths.columns, hosts),
      ...summary(shorten(failures.splice(0)), event, {
        paint,
        ...widths,
        hosts,
        warned: findings.length > 0,
        warningsShown: shownWarnings.include(event),
        log: log?.(),
      }),
    ],
    rest: (columns) => (failures.length === 0 ? [] : ['', ...failureLines(failures.splice(0), paint, columns, hosts)]),
  }
}
