import type { Stage } from '../tasks/stage.ts'
import { recordValue } from '../facts/record.ts'
import { STANDING } from '../facts/states.ts'
import type { HostFacts, ReleaseFact } from '../facts/types.ts'
import { typed } from '../shell/typed.ts'
import type { Trouble } from '../tasks/types.ts'
import { STATES_DIR } from '../values/layout.ts'
import type { Around } from '../values/own-places.ts'
import { path } from '../values/path.ts'

type Ours = Pick<Stage, 'name' | 'application' | 'deployTo'>

/**
 * The release that shows which application and stage deployTo belongs to: the live one, or if its record names none, the newest that can go
 * live again and whose record does. A release that was never live is not a claim.
 */
const claimOf = ({ current, releases }: Pick<HostFacts, 'current' | 'releases'>): ReleaseFact | undefined => {
  const says = ({ application, stage }: ReleaseFact) => application !== undefined || stage !== undefined
  const live = current.kind === 'link' ? current.release : undefined
  return (
    releases.find((release) => release.name === live && says(release)) ??
    releases.findLast((release) => STANDING[release.state].byName && says(release))
  )
}

/**
 * For a deploy and the doctor: what is wrong if deployTo is inside a directory that goes away, or has releases of another application or
 * stage, and how to separate the two or hand deployTo over.
 */
export const ownerTrouble = (
  { current, releases, around }: Pick<HostFacts, 'current' | 'releases' | 'around'>,
  ours: Ours,
): Trouble | undefined => {
  if (around !== undefined) return insideTrouble(around, ours.deployTo)
  const claim = claimOf({ current, releases })
  if (claim === undefined) return undefined
  const theirs = { application: claim.application ?? recordValue(ours.application), stage: claim.stage ?? recordValue(ours.name) }
  const renamed = [
    ...(theirs.application === recordValue(ours.application) ? [] : [`s/^application .*/application ${recordValue(ours.application)}/`]),
    ...(theirs.stage === recordValue(ours.name) ? [] : [`s/^stage .*/stage ${recordValue(ours.name).replace(/[\\/&]/g, '\\$&')}/`]),
  ]
  if (renamed.length === 0) return undefined
  const where = current.kind === 'link' && current.release === claim.name ? 'the live release' : 'release'
  return {
    message: `${where} ${claim.name} in ${ours.deployTo} belongs to ${theirs.application} ${theirs.stage}, not to ${ours.application} ${ours.name}`,
    remedy: [
      OWN_PLACE,
      `or, if ${theirs.application} ${theirs.stage} was renamed to ${ours.application} ${ours.name}, hand it over, on that host: ${handOver(renamed, ours.deployTo)}`,
    ].join('\n'),
  }
}

/** What is wrong if deployTo is inside a directory that goes away. */
export const insideTrouble = ({ what, at }: Around, deployTo: string): Trouble => ({
  message: `${deployTo} lies in ${at}, ${AROUND[what]}`,
  remedy: OWN_PLACE,
})

const OWN_PLACE = 'give each a place of its own: deployTo: ({ application, stage }) => `/var/www/${application}_${stage}`'

const AROUND = {
  release: 'which is a release: all that you deploy there would be removed with it',
  repository: 'which is a git repository: a deploy that makes it anew would remove all that you deploy there',
  own: "which is shipit's own folder in another place of deploys",
} as const

/** Rewrites the names in all records, in place. The other lines stay. */
const handOver = (renamed: readonly string[], deployTo: string): string =>
  `sed -i ${renamed.map((script) => `-e ${typed(script)}`).join(' ')} ${typed(path(deployTo).join(STATES_DIR))}/*`
