import { treatmentOf } from '../facts/release-states.ts'
import type { HostFacts, ReleaseFact } from '../facts/types.ts'
import type { Call } from '../shell/types.ts'
import type { Finding } from '../tasks/types.ts'
import { explainState } from './rollback-target.ts'

/** The doctor's findings about the releases of a host. `running`: another run holds the lock, so unfinished releases are not reported. */
export const releaseFindings = (shipit: Call, { current, releases }: HostFacts, running: boolean): Finding[] => {
  const live = current.kind === 'link' ? current.release : undefined
  return [
    ...releases.flatMap((release) =>
      release.name === live ? liveFindings(shipit, release) : running ? [] : otherFindings(shipit, release),
    ),
    ...releases
      .filter(({ damaged }) => damaged)
      .map(({ name }) => ({
        level: 'warning' as const,
        message: `the record of release ${name} cannot be read: .shipit/releases/${name}`,
        remedy: `a rollback skips it. To go there, and write a new record: ${shipit('deploy:rollback', '--release', name)}`,
      })),
  ]
}

const liveFindings = (shipit: Call, release: ReleaseFact): Finding[] => {
  const { live: level } = treatmentOf(release).doctor
  if (level === undefined) return []
  const rollbackCommand = shipit('deploy:rollback', '--release', release.name)
  return [
    {
      level,
      message: `the live release ${release.name} is ${release.emptied === true ? 'not complete' : release.state}: ${explainState(release)}`,
      remedy: treatmentOf(release).byName
        ? `run the tasks after the switch again, which makes it good: ${rollbackCommand}; or ${shipit('deploy')}`
        : `${release.emptied === true ? 'make a new one' : 'it may not be complete'}: ${shipit('deploy')}`,
    },
  ]
}

const otherFindings = (shipit: Call, release: ReleaseFact): Finding[] => {
  const { other: level } = treatmentOf(release).doctor
  if (level === undefined) return []
  return [
    {
      level,
      message: `release ${release.name} is ${release.emptied === true ? 'not complete' : release.state}: ${explainState(release)}`,
      remedy:
        release.emptied === true
          ? `a rollback skips it, and a later clean-up removes it; to bring its code back: ${shipit('deploy', '--branch', release.revision ?? '')}`
          : `remove it: ${shipit('deploy:cleanup')}`,
    },
  ]
}
