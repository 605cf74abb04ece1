import { humanTime } from '../values/duration.ts'
import { oneLine } from '../events/clean.ts'
import type { RunEvent } from '../events/types.ts'
import type { Colour, Paint } from './paint.ts'

export type StepEnd = Extract<RunEvent, { type: 'step:end' }>

export const MARK = { ok: '✔', failed: '✖', skipped: '↓', tolerated: '!', cancelled: '⊘', warn: '⚠', running: '→' } as const

/** How a step ended: its mark, its colour and its words. */
export const ending = (end: StepEnd, paint: Paint): { readonly mark: string; readonly colour: Colour; readonly words: string } => {
  const note = end.note === undefined || end.note === '' ? '' : oneLine(end.note)
  const code = end.code === undefined ? '' : `exit ${end.code}`
  const time = humanTime(end.ms)
  switch (end.status) {
    case 'ok':
      return { mark: paint.green(MARK.ok), colour: (text) => text, words: [note, time].filter(Boolean).join(', ') }
    case 'skipped':
      return { mark: MARK.skipped, colour: paint.dim, words: `skipped${note && `: ${note}`}` }
    case 'tolerated':
      return { mark: MARK.tolerated, colour: paint.dim, words: [note || code, 'tolerated', time].filter(Boolean).join(', ') }
    case 'failed':
      return { mark: paint.red(MARK.failed), colour: paint.red, words: [note || code || 'failed', time].join(', ') }
    case 'cancelled':
      return {
        mark: MARK.cancelled,
        colour: paint.dim,
        words: `cancelled after ${time}${note === '' || note === 'cancelled' ? '' : `: ${note}`}`,
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
  hosts.length === 0 ? 'this machine' : hosts.length <= most ? hosts.join(', ') : `${hosts.length} hosts`

/** The first line of a command, with `…` if there is more. */
export const shortCommand = (command: string): string => {
  const [first = '', ...more] = command.trim().split('\n')
  return oneLine(first) + (more.length > 0 ? ' …' : '')
}

/** `20261125101112 (4a5b6c7)` */
export const releaseName = (release: string | undefined, revision: string | undefined): string =>
  release ? release + (revision ? ` (${revision.slice(0, 7)})` : '') : 'nothing'
