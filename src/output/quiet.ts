import type { Renderer } from '../events/types.ts'
import { columnsIn } from '../values/width.ts'
import { interruptLine } from './event-lines.ts'
import { createReport, type ReportOptions } from './report.ts'
import { createWriter, type Target } from './writer.ts'

/** Only the end of a run, with what failed and every warning; and an interrupt, because it is answered with "wait". */
export const createQuiet = ({ stdout, paint, log }: ReportOptions & { readonly stdout: Target }): Renderer => {
  const out = createWriter(stdout)
  const report = createReport({ paint, log })
  const width = (): number => columnsIn(stdout, Infinity)
  return {
    name: 'quiet',
    event: (event) => {
      // it gets no warnings, or it would take them for shown
      if (event.type === 'run:start' || event.type === 'failure' || event.type === 'finding') report.event(event)
      if (event.type === 'interrupt') out.lines([interruptLine(event, paint)])
      // without the empty line that separates it from what a run shows
      if (event.type === 'run:end') out.lines(report.end(event, { columns: columnsIn(stdout, 80), wrapAt: width() }).slice(1))
    },
    end: () => {
      out.lines(report.rest(width()))
      return out.drained()
    },
  }
}
