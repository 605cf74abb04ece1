import { STANDING } from '../facts/states.ts'
import type { HostFacts, ReleaseFact } from '../facts/types.ts'
import type { Call } from '../shell/types.ts'
import type { Finding } from '../tasks/types.ts'
import { explain } from './rollback.ts'

/** The doctor's findings about the releases of a host. `running`: another run holds the lock, so unfinished releases are not reported. */
export const releaseFindings = (shipit: Call, { current, releases }: HostFacts, running: boolean): Finding[] => {
  const live = current.kind === 'link' ? current.release : undefined
  return [
    ...releases.flatMap((release) => (release.name === live ? ofLive(shipit, release) : running ? [] : ofOther(shipit, release))),
    ...releases
      .filter(({ damaged }) => damaged)
      .map(({ name }) => ({
        level: 'warning' as const,
        message: `the record of release ${name} cannot be read: .shipit/releases/${name}`,
        remedy: `no rollback goes there by itself. To go there, and write a new record: ${shipit('deploy:rollback', '--release', name)}`,
      })),
  ]
}

const ofLive = (shipit: Call, release: ReleaseFact): Finding[] => {
  const { live: level } = STANDING[release.state].doctor
  if (level === undefined) return []
  const again = shipit('deploy:rollback', '--release', release.name)
  return [
    {
      level,
      message: `the live release ${release.name} is ${release.state}: ${explain(release)}`,
      remedy: STANDING[release.state].byName
        ? `run what comes after the switch once more, which makes it good: ${again}; or ${shipit('deploy')}`
        : `it may not be complete: ${shipit('deploy')}`,
    },
  ]
}

const ofOther = (shipit: Call, release: ReleaseFact): Finding[] => {
  const { other: level } = STANDING[release.state].doctor
  if (level === undefined) return []
  return [
    {
      level,
      message: `release ${release.name} is ${release.state}: ${explain(release)}`,
      remedy: `remove it: ${shipit('deploy:cleanup')}`,
    },
  ]
}
