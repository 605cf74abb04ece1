import type { Stage } from '../tasks/stage.ts'
import { recordValue } from '../facts/record.ts'
import { treatmentOf } from '../facts/release-states.ts'
import type { HostFacts, ReleaseFact } from '../facts/types.ts'
import { typed } from '../shell/typed.ts'
import type { Trouble } from '../tasks/types.ts'
import { STATES_DIR } from '../values/layout.ts'
import type { EnclosingDirectory } from '../values/own-files.ts'
import { path } from '../values/path.ts'
import { suggestDeployTo } from './own-deploy-path.ts'

type Owner = Pick<Stage, 'name' | 'application' | 'deployTo'>

/**
 * The release that shows which application and stage deployTo belongs to: the live one, or if its record names none, the newest that can go
 * live again and whose record does. A release that was never live is not a claim.
 */
export const ownerRelease = ({ current, releases }: Pick<HostFacts, 'current' | 'releases'>): ReleaseFact | undefined => {
  const namesOwner = ({ application, stage }: ReleaseFact) => application !== undefined || stage !== undefined
  const live = current.kind === 'link' ? current.release : undefined
  return (
    releases.find((release) => release.name === live && namesOwner(release)) ??
    releases.findLast((release) => treatmentOf(release).byName && namesOwner(release))
  )
}

/**
 * For a deploy and the doctor: the error for a deployTo inside a directory that another deploy removes, or with releases of another
 * application or stage, and how to separate the two or hand deployTo over.
 */
export const ownerTrouble = (
  { current, releases, enclosing }: Pick<HostFacts, 'current' | 'releases' | 'enclosing'>,
  stage: Owner,
): Trouble | undefined => {
  if (enclosing !== undefined) return insideTrouble(enclosing, stage.deployTo)
  const claim = ownerRelease({ current, releases })
  if (claim === undefined) return undefined
  const recorded = { application: claim.application ?? recordValue(stage.application), stage: claim.stage ?? recordValue(stage.name) }
  const edits = [
    ...(recorded.application === recordValue(stage.application)
      ? []
      : [`s/^application .*/application ${recordValue(stage.application)}/`]),
    ...(recorded.stage === recordValue(stage.name) ? [] : [`s/^stage .*/stage ${recordValue(stage.name).replace(/[\\/&]/g, '\\$&')}/`]),
  ]
  if (edits.length === 0) return undefined
  const where = current.kind === 'link' && current.release === claim.name ? 'the live release' : 'release'
  return {
    message: `${where} ${claim.name} in ${stage.deployTo} belongs to ${recorded.application} ${recorded.stage}, not to ${stage.application} ${stage.name}`,
    remedy: [
      `${SEPARATE}${suggestDeployTo(stage, true)}`,
      `or, if ${recorded.application} ${recorded.stage} was renamed to ${stage.application} ${stage.name}, hand it over, on that host: ${handOver(edits, stage.deployTo)}`,
    ].join('\n'),
  }
}

/** The error for a deployTo inside a directory that another deploy removes. */
export const insideTrouble = ({ what, at }: EnclosingDirectory, deployTo: string): Trouble => ({
  message: `${deployTo} lies in ${at}, ${INSIDE[what]}`,
  // the current deployTo is not safe, so this suggests another
  remedy: `${SEPARATE}deployTo: ({ application, stage }) => \`/var/www/\${application}_\${stage}\``,
})

const SEPARATE = 'give each its own deploy path: '

const INSIDE = {
  release: 'which is a release: everything that you deploy there would be removed with it',
  repository: 'which is a git repository: a deploy that recreates it would remove everything that you deploy there',
  own: "which is shipit's own folder in another deploy path",
} as const

/** Rewrites the names in all records, in place. The other lines stay. */
const handOver = (renamed: readonly string[], deployTo: string): string =>
  `sed -i ${renamed.map((script) => `-e ${typed(script)}`).join(' ')} ${typed(path(deployTo).join(STATES_DIR))}/*`
