import { STANDING } from '../facts/states.ts'
import type { HostFacts, ReleaseFact } from '../facts/types.ts'
import type { Finding } from '../tasks/types.ts'
import { explain } from './rollback.ts'

/** What a doctor says of the releases of a host. `running`: another run holds the lock, and what it has not finished is its own. */
export const releaseFindings = (stage: string, { current, releases }: HostFacts, running: boolean): Finding[] => {
  const live = current.kind === 'link' ? current.release : undefined
  return [
    ...releases.flatMap((release) => (release.name === live ? ofLive(stage, release) : running ? [] : ofOther(stage, release))),
    ...releases
      .filter(({ damaged }) => damaged)
      .map(({ name }) => ({
        level: 'warning' as const,
        message: `the record of release ${name} cannot be read: .shipit/releases/${name}`,
        remedy: `no rollback goes there by itself; shipit ${stage} deploy:rollback --release ${name} does, and writes a new record`,
      })),
  ]
}

const ofLive = (stage: string, release: ReleaseFact): Finding[] => {
  const { live: level } = STANDING[release.state].doctor
  if (level === undefined) return []
  const again = `shipit ${stage} deploy:rollback --release ${release.name}`
  return [
    {
      level,
      message: `the live release ${release.name} is ${release.state}: ${explain(release)}`,
      remedy: STANDING[release.state].byName
        ? `${again} runs what comes after the switch once more, and makes it good; or shipit ${stage} deploy`
        : `it may not be complete: shipit ${stage} deploy`,
    },
  ]
}

const ofOther = (stage: string, release: ReleaseFact): Finding[] => {
  const { other: level } = STANDING[release.state].doctor
  if (level === undefined) return []
  return [
    {
      level,
      message: `release ${release.name} is ${release.state}: ${explain(release)}`,
      remedy: `shipit ${stage} deploy:cleanup removes it`,
    },
  ]
}
