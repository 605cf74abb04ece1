import type { Host } from '../inventory/types.ts'
import type { Stage } from '../tasks/stage.ts'
import type { HostFacts } from '../facts/types.ts'
import { mirrorTrouble } from '../tasks/deploy/git/mirror.ts'
import { moveAside } from '../shell/typed.ts'
import type { Trouble } from '../tasks/types.ts'
import { path, type Path } from '../values/path.ts'
import { ShipitError } from '../values/errors.ts'
import { ownerTrouble } from './deploy-path-owner.ts'
import type { HostRead } from './types.ts'

/** The start of the error about missing programs. */
export const MISSING = 'these programs are missing'

export interface DeployRequirements {
  readonly stage: Pick<Stage, 'name' | 'application' | 'deployTo' | 'repoUrl' | 'repoPath' | 'currentDirectory'>
  /** where the mirror goes */
  readonly repo: Path
  /** git fetches the code, into that mirror */
  readonly git: boolean
}

/** The errors that make a deploy impossible, by the facts of all hosts. Checked before anything is planned. */
export const preconditions = (hosts: readonly Host[], reads: ReadonlyMap<string, HostRead>, o: DeployRequirements): ShipitError[] =>
  hosts.flatMap((host) => {
    const { layout } = reads.get(host.name)!
    const errors: ShipitError[] = []
    const missing = o.git ? layout.missing : layout.missing.filter((tool) => tool !== 'git' && tool !== 'tar')
    if (missing.length > 0) {
      errors.push(
        new ShipitError(`${MISSING}: ${missing.join(', ')}`, {
          about: 'programs',
          host: host.name,
          hint: installHint(missing),
        }),
      )
    }
    const current = currentTrouble(layout, o.stage)
    if (current) errors.push(new ShipitError(current.message, { host: host.name, hint: current.remedy }))
    errors.push(...ownerErrors([host], reads, o.stage))
    const mirror = o.git && !layout.missing.includes('git') ? mirrorTrouble(layout, o.stage, o.repo) : undefined
    if (mirror) errors.push(new ShipitError(mirror.message, { host: host.name, hint: mirror.remedy }))
    if (layout.commit && 'error' in layout.commit) {
      errors.push(
        new ShipitError(layout.commit.error, {
          about: 'commit',
          host: host.name,
          hint: layout.commit.hint,
        }),
      )
    }
    return errors
  })

/** Errors for hosts whose deployTo is inside another, or has releases of another application or stage. shipit leaves those alone. */
export const ownerErrors = (
  hosts: readonly Host[],
  reads: ReadonlyMap<string, HostRead>,
  stage: Pick<Stage, 'name' | 'application' | 'deployTo'>,
): ShipitError[] =>
  hosts.flatMap((host) => {
    const trouble = ownerTrouble(reads.get(host.name)!.layout, stage)
    return trouble ? [new ShipitError(trouble.message, { host: host.name, hint: trouble.remedy })] : []
  })

/** For a deploy and the doctor: what is in the place of the link to the live release, and the command that moves it away. */
export const currentTrouble = (
  { current }: Pick<HostFacts, 'current'>,
  { deployTo, currentDirectory }: Pick<Stage, 'deployTo' | 'currentDirectory'>,
): Trouble | undefined => {
  if (current.kind !== 'other') return undefined
  const place = path(deployTo).join(currentDirectory)
  return {
    message: `${currentDirectory} is ${current.what}, not a link to a release`,
    remedy: `shipit does not replace what it cannot restore. On the host: ${moveAside(place, 'old')}`,
  }
}

/** The command that installs missing programs. */
export const installHint = (missing: readonly string[]): string =>
  `install them on the host, e.g. sudo apt-get install ${missing.map(packageOf).join(' ')}`

const packageOf = (tool: string): string => (tool === 'flock' ? 'util-linux' : tool === 'timeout' ? 'coreutils' : tool)
