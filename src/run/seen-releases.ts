import type { HostFacts, ReleaseState } from '../facts/types.ts'
import { completeEverywhere } from '../plan/rollback-target.ts'

/** A release that a rollback can be sent to by its name. */
export interface SeenRelease {
  readonly name: string
  /** undefined where hosts do not agree */
  readonly state: ReleaseState | undefined
  readonly revision: string | undefined
  /** it is live on every host */
  readonly live: boolean
}

/** Gets the releases that a command has seen, newest first; what it does with them must not fail. */
export type SawReleases = (seen: readonly SeenRelease[]) => void

/** The releases that can be named on all of these hosts, newest first. */
export const seenIn = (layouts: readonly HostFacts[]): readonly SeenRelease[] =>
  completeEverywhere(layouts).map((name) => {
    const facts = layouts.flatMap(({ releases }) => releases.filter((one) => one.name === name))
    const [state, ...others] = new Set(facts.map((fact) => fact.state))
    return {
      name,
      state: others.length === 0 ? state : undefined,
      revision: facts.find(({ revision }) => revision !== undefined)?.revision,
      live: layouts.every(({ current }) => current.kind === 'link' && current.exists && current.release === name),
    }
  })
