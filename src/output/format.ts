import { humanTime } from '../values/duration.ts'
import { hostNames } from '../values/host-names.ts'
import { humanSize } from '../values/human-size.ts'
import { oneLine } from '../redact/clean.ts'
import type { RunEvent } from '../events/types.ts'
import type { Colour, Paint } from './colours.ts'

export type StepEnd = Extract<RunEvent, { type: 'step:end' }>

export const SYMBOL = { ok: '✔', failed: '✖', skipped: '↓', tolerated: '!', cancelled: '⊘', warn: '⚠', running: '→' } as const

/** How a step ended: its symbol, its colour and a text. */
export const describeEnd = (end: StepEnd, paint: Paint): { readonly symbol: string; readonly colour: Colour; readonly text: string } => {
  const note = end.note === undefined || end.note === '' ? '' : oneLine(end.note)
  const code = end.code === undefined ? '' : `exit ${end.code}`
  const time = humanTime(end.ms)
  switch (end.status) {
    case 'ok':
      return { symbol: paint.green(SYMBOL.ok), colour: (plain) => plain, text: [note, time].filter(Boolean).join(', ') }
    case 'skipped':
      return { symbol: SYMBOL.skipped, colour: paint.dim, text: `skipped${note && `: ${note}`}` }
    case 'warned':
      return { symbol: paint.yellow(SYMBOL.warn), colour: paint.yellow, text: '' }
    case 'tolerated':
      return { symbol: SYMBOL.tolerated, colour: paint.dim, text: [note || code, 'tolerated', time].filter(Boolean).join(', ') }
    case 'failed':
      return { symbol: paint.red(SYMBOL.failed), colour: paint.red, text: [note || code || 'failed', time].join(', ') }
    case 'cancelled':
      return {
        symbol: SYMBOL.cancelled,
        colour: paint.dim,
        text: `cancelled after ${time}${note === '' || note === 'cancelled' ? '' : `: ${note}`}`,
      }
  }
}

/** `git:update  Fetch the branch`, or only one of them if they are the same. */
export const stepName = (step: { readonly task: string; readonly title: string }): string => {
  const title = oneLine(step.title)
  return title === step.task || title === '' ? oneLine(step.task) : `${oneLine(step.task)}  ${title}`
}

/** `a1, a2, a3` or `12 hosts`. */
export const hostList = (hosts: readonly string[], most = 4): string =>
  hosts.length === 0
    ? 'this machine'
    : hostNames(
        hosts.map((host) => oneLine(host)),
        { most },
      )

/** The first line of a command, with `…` if there is more. */
export const shortCommand = (command: string): string => {
  const [first = '', ...more] = command.trim().split('\n')
  return oneLine(first) + (more.length > 0 ? ' …' : '')
}

/** `20261125101112 (4a5b6c7)` */
export const releaseName = (release: string | undefined, revision: string | undefined): string =>
  release ? release + (revision ? ` (${revision.slice(0, 7)})` : '') : 'nothing'

/** How far a transfer of files is: `45 % of 1.2 GB`; or how much there is so far. */
export const progressText = ({ done, total }: { readonly done: number; readonly total?: number }): string =>
  total === undefined ? `${humanSize(done)} so far` : `${Math.floor((100 * done) / Math.max(1, total))} % of ${humanSize(total)}`
