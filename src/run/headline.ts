import type { LiveRelease } from '../events/types.ts'
import { count } from '../values/count.ts'
import { EXIT } from '../values/errors.ts'
import { hostNames } from '../values/host-names.ts'
import type { OutcomeInput } from './outcome-input.ts'
import type { RunState } from './state.ts'

/** The result of a run, in one line. `live`: empty if nothing was read from any host. */
export const headline = (exit: number, input: OutcomeInput, state: RunState, live: readonly LiveRelease[]): string => {
  const what = input.rollback ? 'rollback' : 'deploy'
  const { name, be, on, others } = scopeOf(input, live)
  switch (exit) {
    case EXIT.done:
      if (input.idle === 'passed') return passedHeadline(input)
      if (input.planned === true) return 'this is the plan: nothing was changed on any host'
      if (input.idle === 'nothing') return 'nothing was done'
      return input.releasing
        ? `${name} ${be} on release ${input.release}${input.revision ? ` (${input.revision.slice(0, 7)})` : ''}${skippedNote(input)}${others}`
        : 'done'
    case EXIT.split:
      if (state.unsure.size > 0 && !state.switched.size)
        return `it is not known what is live ${on ?? `on every host of ${name}`}. Check these hosts by hand.`
      return `hosts differ: ${on === undefined ? `not every host of ${name} is` : `${name} are not all`} on the same release. Check these hosts by hand.`
    case EXIT.liveButFailed:
      return `release ${input.release} is live ${on ?? 'everywhere'}, but a later task failed: it counts as doubtful${others}`
    case EXIT.unreachable:
      return input.releasing
        ? `the ${what} did not happen: a host could not be reached or trusted`
        : 'a host could not be reached or trusted'
    case EXIT.locked:
      return `${input.releasing ? `the ${what} did not happen: ` : ''}the lock could not be taken`
    case EXIT.usage:
      return 'nothing was done'
    case EXIT.interrupted:
    case EXIT.terminated:
    case EXIT.hangup:
      if (!input.releasing) return 'interrupted'
      if (input.untouched === true) return 'interrupted; nothing was changed'
      if (live.length === 0) return `interrupted; the ${what} did not happen`
      return state.switched.size > 0
        ? `interrupted; release ${input.release} is live${on === undefined ? '' : ` ${on}`}, but counts as doubtful${others}`
        : `interrupted; ${unchangedNote(live, state)}`
    default:
      if (input.planned === true) return 'this would fail; nothing was changed on any host'
      if (!input.releasing) return 'failed'
      return live.length === 0 ? `the ${what} did not happen` : `the ${what} failed; ${unchangedNote(live, state)}`
  }
}

const passedHeadline = ({ typedTasks = [], hosts }: OutcomeInput): string =>
  `${typedTasks.join(', ')} found nothing wrong${hosts.length === 0 ? '' : ` on ${namesOf(hosts.map(({ name }) => name))}`}`

/** The subject of the result: the stage, or the hosts of it that the filters left. */
const scopeOf = ({ application, stage, filtered = 0 }: OutcomeInput, live: readonly LiveRelease[]) => {
  if (filtered === 0) return { name: `${application} ${stage}`, be: 'is', on: undefined, others: '' }
  const name = namesOf(live.map(({ host }) => host))
  return {
    name,
    be: live.length === 1 ? 'is' : 'are',
    on: `on ${name}`,
    others: `; ${count(filtered, 'other host')} of ${stage} ${filtered === 1 ? 'was' : 'were'} left out`,
  }
}

/** What is live after a run that switched nothing. A host that was not read may have had something live. */
const unchangedNote = (live: readonly LiveRelease[], { reads }: RunState): string => {
  const isNothing = (host: string): boolean => {
    const current = reads.get(host)?.layout.current
    return current?.kind === 'none' || (current?.kind === 'link' && !current.exists)
  }
  return live.length > 0 && live.every(({ host, state }) => state === 'same' && isNothing(host))
    ? 'nothing is live yet'
    : 'what was live is still live'
}

/** The releases that a rollback skipped; the reasons were shown before. */
const skippedNote = ({ skipped }: OutcomeInput): string => (skipped.length === 0 ? '' : `; skipped ${skipped.join(', ')}`)

const namesOf = (hosts: readonly string[]): string => hostNames(hosts, { most: 4 })
