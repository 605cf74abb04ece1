import { TREATMENTS } from '../../facts/release-states.ts'
import type { Layout, ReleaseState } from '../../facts/types.ts'
import { stateOnceReplaced } from './release-record.ts'

/**
 * The releases to remove once `live` is live, oldest first. Of the good ones, the newest `keep` stay, including the live one. Unfinished,
 * failed and half-removed ones are removed (this run holds the lock, so no other run is building one). Bad, doubtful, emptied and unknown
 * ones are removed once `keep` good ones are newer; until then, at most `keep` bad and doubtful ones stay. Whatever `keep` is, these stay:
 * the live release, the one that was live before it, and the best one to go back to.
 */
export const oldReleases = (layout: Pick<Layout, 'live' | 'releases'>, live: string, keep: number): string[] => {
  const before = layout.live
  const states = new Map<string, ReleaseState>(
    layout.releases.map(({ name, state, emptied }) => [
      name,
      name === live ? 'good' : emptied === true ? 'bad' : name === before ? stateOnceReplaced(state) : state,
    ]),
  )
  states.set(live, 'good')
  const newest = [...states.keys()].sort().reverse()
  const inState = (...some: ReleaseState[]) => newest.filter((name) => name !== live && some.includes(states.get(name)!))
  const counted = new Set([live, ...inState('good').slice(0, keep - 1)])
  const older = (names: readonly string[]) => names.find((name) => name < live)
  const rollbackCandidate = older(inState('good')) ?? older(inState('doubtful'))
  const oldest = counted.size < keep ? '' : [...counted].sort()[0]!
  const keptDoubtful = new Set(inState('bad', 'doubtful').slice(0, keep))
  const isKept = (name: string, state: ReleaseState): boolean => {
    if (name === live || name === before || name === rollbackCandidate) return true
    const how = TREATMENTS[state].cleanUp
    if (how === 'counted') return counted.has(name)
    if (how === 'removed') return false
    return name > oldest && (state === 'unknown' || keptDoubtful.has(name))
  }
  return newest.filter((name) => !isKept(name, states.get(name)!)).reverse()
}
