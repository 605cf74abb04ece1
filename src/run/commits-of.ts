import type { CommitNotes } from '../facts/commit-notes.ts'
import { describeLocally } from './local-checkout.ts'
import type { Look, LookRequest } from './look.ts'

/** What is known about the commits of all releases: from the mirrors on the hosts, and else from the local checkout; `another`: one more commit. */
export const commitsOf = async (
  stage: LookRequest['stage'],
  looks: readonly Look[],
  another?: string,
): Promise<ReadonlyMap<string, CommitNotes>> => {
  const known = new Map(looks.flatMap(({ facts }) => [...facts.commits]))
  const revisions = [another, ...looks.flatMap(({ layout }) => [layout.revision, ...layout.releases.map(({ revision }) => revision)])]
  const missing = [...new Set(revisions)].filter((revision) => revision !== undefined && !known.has(revision)) as string[]
  return new Map([...known, ...(await describeLocally(stage, missing))])
}
