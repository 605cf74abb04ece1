import { warn } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { proveOrigin, type LeftFile, type ManagedFile } from '../../../src/kit/index.ts'
import { unitFileOf } from '../names.ts'
import { ownershipIn } from '../ownership/of-units.ts'
import { rootOptions } from './as-root.ts'
import type { UnitContext, UnitSet } from './context.ts'

/** What older settings left on a host. */
export interface Stale {
  /** units and templates of this use of the recipe that are no longer in the settings */
  readonly ours: readonly string[]
  /** files that have our first line but are not known to be ours */
  readonly left: readonly LeftFile[]
}

/**
 * A file is ours if systemd says that it runs in our folder, as for a unit of the settings. Copies, links, units that run elsewhere, and
 * units whose folder is not known are left alone.
 */
export const staleUnits = (c: UnitContext, { names: units, fileNames: names }: UnitSet): Stale => {
  const { files = [], instances = [] } = c.facts.ours ?? {}
  const judged = files
    .filter(({ name }) => /\.(service|socket)$/.test(name) && !names.includes(name))
    .map((file) => ({ name: file.name, why: notOurs(c, file) }))
  const ours = judged.flatMap(({ name, why }) => (why === undefined ? [name] : []))
  const own = files.flatMap((file) => (names.includes(file.name) && isOwn(c, file) ? [file.name] : []))
  const old = instances.filter((name) => !units.includes(name) && [...own, ...ours].includes(unitFileOf(name)))
  return { ours: [...ours, ...old], left: judged.flatMap(({ name, why }) => (why ? [{ name, why }] : [])) }
}

/** Why a file is not known to be ours; '': it belongs to another application, stage or use; undefined: it is ours. */
const notOurs = (c: UnitContext, file: ManagedFile): string | undefined => {
  const proven = proveOrigin(c, file)
  if (proven === undefined || proven.is === 'use') return ''
  if (proven.is === 'left') return proven.why
  const ownership = ownershipIn(c, c.facts.ours?.owner, true).find(({ name }) => unitFileOf(name) === file.name)?.ownership
  if (ownership?.kind === 'ours' || ownership?.kind === 'release') return undefined
  if (ownership?.kind === 'foreign') return ownership.why
  return proven.is === 'ours' ? 'could not be asked about' : proven.why
}

/** Whether a file of the settings is ours by its first line; where it runs is checked elsewhere. */
const isOwn = (c: UnitContext, file: ManagedFile): boolean => {
  const proven = proveOrigin(c, file)
  return proven !== undefined && proven.is !== 'use' && proven.is !== 'left'
}

/** A note about units that older settings left, with the command that removes them. */
export const noLonger = (c: UnitContext, stale: readonly string[], task: 'install' | 'uninstall'): string =>
  `no longer in the config: ${stale.join(' ')}. To stop and remove: ${prune(c, task)}`

/** The command that stops and removes stale units. For system units, only root may run it. */
export const prune = (c: UnitContext, task: 'install' | 'uninstall' = 'install'): string =>
  c.shipit(`${c.service.tasks}:${task}`, '--prune', ...rootOptions(c))

/** A warning that names unit files that may be ours and cannot be read; undefined if there are none. */
export const unreadUnits = (c: UnitContext): Command | undefined => {
  const names = c.facts.ours?.unread ?? []
  return names.length === 0
    ? undefined
    : warn(`cannot be read, and may be ours: ${names.join(', ')}`).title('look for units of older settings')
}
