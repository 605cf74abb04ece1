import { isCommit } from '../values/commit.ts'
import { isState } from './release-states.ts'
import type { ReleaseNotes, ReleaseState } from './types.ts'

/**
 * The contents of `.shipit/releases/NAME`: the state on the first line, then `key value` lines. Version 0.1 wrote only the first line.
 *
 *     bad
 *     revision 8f3c…
 *     branch main
 *     application shop
 *     stage production
 *     by anna
 *     at 2026-11-22T14:12:00Z
 *     run 5d41…
 *     was good
 *     left 5d41…
 */
export interface ReleaseRecord extends ReleaseNotes {
  readonly state: Exclude<ReleaseState, 'unknown'>
  /** its state before the switch that this record was written for */
  readonly was?: ReleaseState | undefined
  /** the run that was to switch from this release to another one */
  readonly left?: string | undefined
}

const KEYS = ['revision', 'branch', 'application', 'stage', 'by', 'at', 'run', 'was', 'from', 'left'] as const

/** The lines of a record. A value is one line of printable text. */
export const recordLines = (record: ReleaseRecord): string[] => [
  record.state,
  ...KEYS.flatMap((key) => (record[key] ? [`${key} ${recordValue(record[key])}`] : [])),
]

/**
 * Parses as much of a record as can be read; undefined if its first line is not a state. A state that was cut off counts if it can be that
 * of an incomplete release: this errs on the safe side.
 */
export const parseRecord = (lines: readonly string[]): ReleaseRecord | undefined => {
  const word = (lines[0] ?? '').trim()
  const state = isState(word)
    ? word
    : word === ''
      ? undefined
      : (['removing', 'building', 'failed'] as const).find((s) => s.startsWith(word))
  if (state === undefined) return undefined
  const fields = new Map(
    lines.slice(1).flatMap((line) => {
      const space = line.indexOf(' ')
      return space < 1 ? [] : [[line.slice(0, space), line.slice(space + 1).trim()] as const]
    }),
  )
  const value = (key: (typeof KEYS)[number]) => fields.get(key) || undefined
  const was = value('was')
  const [by, at, run] = [value('by'), value('at'), value('run')]
  return {
    state,
    revision: isCommit(value('revision') ?? '') ? value('revision') : undefined,
    branch: value('branch'),
    application: value('application'),
    stage: value('stage'),
    by,
    at: at !== undefined && !Number.isNaN(Date.parse(at)) ? at : undefined,
    run: run !== undefined && RUN.test(run) ? run : undefined,
    was: was === 'unknown' || (was !== undefined && isState(was)) ? was : undefined,
    from: /^\d{14}$/.test(value('from') ?? '') ? value('from') : undefined,
    left: RUN.test(value('left') ?? '') ? value('left') : undefined,
  }
}

const RUN = /^[0-9a-f]{32}$/

/** A value as a record holds it: one line of printable text, at most 200 characters. */
export const recordValue = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex -- a value must not become a line of its own
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, 200)
