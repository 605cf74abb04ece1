import type { CommitNotes } from '../facts/commit-notes.ts'
import type { HostFacts } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { rollbackTarget, whyNot, type RollbackTarget } from '../plan/rollback-target.ts'
import type { HostRead } from '../plan/types.ts'
import type { Stage } from '../tasks/stage.ts'
import { ShipitError } from '../values/errors.ts'

/** A release, as the question about a rollback shows it. */
export interface ReleaseChoice {
  readonly release: string
  readonly revision: string | undefined
  readonly commit: CommitNotes | undefined
  /** seconds since the time in its name */
  readonly age: number | undefined
  /** why it may not be chosen; undefined if it may */
  readonly whyNot: string | undefined
  /** what to know before it is chosen: it is doubtful, or newer than the live one */
  readonly note: string | undefined
}

/** What a rollback may go to. */
export interface ReleaseChoices {
  /** newest first */
  readonly releases: readonly ReleaseChoice[]
  /** where a rollback without a name goes; undefined if that would be refused */
  readonly preset: string | undefined
  /** what is live, in words: `20260101120000 is live`, or `a is on 20260101120000, b is on 20260102120000` */
  readonly live: string
}

/** Has a person choose. Rejects if the person does not answer. */
export type ChooseRelease = (choices: ReleaseChoices) => Promise<string>

/** What was chosen, and what it was chosen by. */
export interface ChosenRelease {
  readonly release: string
  /** it is where a rollback without a name goes */
  readonly preset: boolean
  /** what was live then, by host */
  readonly live: ReadonlyMap<string, string | undefined>
}

/** What is live on a host: a release, or whatever else `current` leads to. */
export const liveOn = ({ current }: HostFacts): string | undefined =>
  current.kind === 'link' ? (current.release ?? current.target) : current.kind === 'other' ? current.what : undefined

/**
 * The target of a rollback that was chosen, by what is true under the lock. Throws ShipitError if another run has changed since then what
 * the choice was made by.
 */
export const chosenTarget = (
  hosts: readonly Host[],
  reads: ReadonlyMap<string, HostRead>,
  { release, preset, live }: ChosenRelease,
  stage: Pick<Stage, 'shipit'>,
): RollbackTarget => {
  const again = { hint: `look again, and choose: ${stage.shipit('deploy:rollback')}` }
  const layouts = hosts.map(({ name }) => ({ host: name, layout: reads.get(name)!.layout }))
  for (const { host, layout } of layouts) {
    const [now, before] = [liveOn(layout), live.get(host)]
    if (now === before) continue
    throw new ShipitError(`${now ?? 'nothing'} is live now, and ${before ?? 'nothing'} was when you chose ${release}`, { host, ...again })
  }
  const target = rollbackTarget(hosts, reads, preset ? undefined : release, stage)
  const why = preset ? '' : whyNot(layouts, release)
  if (target.release !== release) throw new ShipitError(`a rollback would now go to ${target.release}, and you chose ${release}`, again)
  if (why !== '') throw new ShipitError(`${release} is not good any more: ${why}`, again)
  return target
}
