import type { Finding } from '../../../src/index.ts'
import { driftFindings, isOurFile, LINK, sameBody } from '../../../src/kit/index.ts'
import { unitFileOf } from '../names.ts'
import { unitsOf, namesOf } from '../state.ts'
import { commandsFor, rootOptions } from './as-root.ts'
import type { UnitContext, UnitSet, WantedUnit } from './context.ts'
import { otherScopeFindings } from './other-scope.ts'
import { prune, staleUnits } from './stale.ts'

/**
 * Our unit files that differ from the config, and our units that are no longer in it, under this systemd or another. Leaves out files that
 * are not ours. A file written when less was known about the host (before the first deploy, as another user) counts as differing.
 */
export const unitFileFindings = (c: UnitContext, set: UnitSet, files: readonly UnitFile[]): readonly Finding[] => {
  const { tasks } = c.service
  // a mask is a link too, and has a finding of its own
  const masked = unitsOf(c.facts.units, set.names).flatMap(({ name, properties }) =>
    properties.get('LoadState') === 'masked' ? [unitFileOf(name)] : [],
  )
  const links = files.filter(({ name, link }) => link && !masked.includes(name))
  const differing = files.filter((file) => file.now !== undefined && file.now !== '' && !file.foreign && !alike(file))
  return [
    ...otherScopeFindings(c, set),
    ...links.map(({ name }): Finding => ({
      level: 'warning',
      message: `${name} ${LINK}: what it leads to is not compared with the config`,
      remedy: `put a file there, and keep the link as ${name}.before-shipit: ${c.shipit(`${tasks}:install`, '--force', ...rootOptions(c))}`,
    })),
    ...driftFindings({
      differing: namesOf(differing),
      remedy: `see what it would be: ${c.shipit('plan', `${tasks}:install`)}; then ${commandsFor(c, differing)}`,
      old: { names: staleUnits(c, set).ours, remedy: `stop and remove them: ${prune(c)}` },
    }),
  ]
}

/** A unit file as it should be, and as it is on the host. */
export interface UnitFile extends WantedUnit {
  /** '': there is none; undefined: it could not be read */
  readonly now: string | undefined
  /** why it could not be read */
  readonly why: string | undefined
  /** not written by this use of the recipe: it lacks our header, or is a link */
  readonly foreign: boolean
  /** the file itself is elsewhere, and need not be there */
  readonly link: boolean
}

/** These files, each with its text on the host. */
export const compareFiles = (c: UnitContext, wanted: readonly WantedUnit[]): readonly UnitFile[] =>
  wanted.map(({ name, text }) => {
    const { text: now, why } = c.facts.files?.find((file) => file.name === name) ?? {}
    const link = c.facts.ours?.links.includes(name) ?? false
    return { name, text, now, why, link, foreign: link || (now !== undefined && now !== '' && !isOurFile(c, name, now)) }
  })

/** Whether the file on the host is as it should be. A fact may have lost its final newline. */
export const same = ({ text, now, link }: UnitFile): boolean => !link && now !== undefined && now.trimEnd() === text.trimEnd()

/** The same, or it has the first line of an older version. */
const alike = ({ text, now }: UnitFile): boolean => now !== undefined && sameBody(now, text)
