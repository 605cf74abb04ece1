import { z } from 'zod'
import { fail, note, sh } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import { describeWriter, isOurFile, LINK, noteLeft, otherHome } from '../../../src/kit/index.ts'
import { verifyEnded } from '../ended.ts'
import { unitFileOf } from '../names.ts'
import { refuseForeign } from '../ownership/refuse.ts'
import { unitDir, systemctl, isSystem, withSudo } from '../scope.ts'
import { unitsOf, unreadUnit, namesOf } from '../state.ts'
import { inScope, runVerb } from '../systemctl.ts'
import { asRoot, daemonReload, unreadable } from './as-root.ts'
import type { UnitContext, UnitSet } from './context.ts'
import { noLonger, staleUnits, unreadUnits } from './stale.ts'

/** Stops the units and removes what `install` wrote, also under older settings. Leaves alone files that shipit did not write. */
export const uninstallUnits = (c: UnitContext, set: UnitSet): StepList => {
  const home = otherHome(c)
  if (home !== undefined) return [fail(home).title('look at the unit files').hint('nothing was changed on this host')]
  const read = c.facts.files ?? []
  const unread = read.flatMap(({ name, why }) => (why === undefined ? [] : [{ name, path: `${String(unitDir(c))}/${name}`, why }]))
  if (unread.length > 0)
    return [
      fail(unread.map(({ name, why }) => `${name} cannot be read: ${why}`))
        .title('look at the unit files')
        .hint(unreadable(c, 'uninstall', unread)),
    ]
  const files = read.map(({ name, text = '' }) => ({ name, text }))
  const ours = files.filter(({ name, text }) => isOurFile(c, name, text) && !isLink(c, name)).map(({ name }) => name)
  const foreign = files.filter(({ name, text }) => text !== '' && !ours.includes(name))
  const units = unitsOf(c.facts.units, set.names).filter(({ name, state }) => state !== 'missing' && ours.includes(unitFileOf(name)))
  // has our first line but runs elsewhere: it belongs to another application with the same name
  const taken = refuseForeign(c, namesOf(units))
  if (taken) return [taken]
  const { ours: stale, left } = staleUnits(c, set)
  const old = set.several === true && c.args.prune !== true ? [] : stale
  const gone = [...ours, ...filesOf(old)]
  return [
    noteLeft([...foreign.map(({ name, text }) => ({ name, why: isLink(c, name) ? LINK : describeWriter(name, text) })), ...left]),
    unreadUnits(c),
    stale.length > old.length && note(noLonger(c, stale, 'uninstall')).title('notes'),
    removeUnits(c, [...namesOf(units), ...runnable(old)], gone),
    gone.length > 0 && daemonReload(c, 'uninstall'),
  ]
}

const isLink = (c: UnitContext, name: string): boolean => c.facts.ours?.links.includes(name) ?? false

/** The units among the stale names: a template is not one. */
export const runnable = (stale: readonly string[]): readonly string[] => stale.filter((name) => !name.endsWith('@.service'))

/** The files among the stale names: an instance has none of its own. */
export const filesOf = (stale: readonly string[]): readonly string[] => stale.filter((name) => unitFileOf(name) === name)

/** The options of a task that removes units. */
export const uninstallArgs = z.object({
  /** stop and remove units that `install` wrote under older settings */
  prune: z.boolean().default(false),
})

/** The options of a task that installs units. */
export const installArgs = uninstallArgs.extend({
  /** replace unit files that shipit did not write; each is kept next to the new one */
  force: z.boolean().default(false),
})

/** Stops units, disables them at boot, and removes these files. Run a daemon-reload after it. */
export const removeUnits = (c: UnitContext, units: readonly string[], files: readonly string[]): StepList => [
  units.length > 0 && [
    runVerb(c, 'stop', units),
    ...verifyEnded(
      c,
      units.map((name) => unreadUnit(name, 'running')),
    ),
    runVerb(c, 'disable', units),
    resetFailed(c, units),
  ],
  files.length > 0 && remove(c, files),
]

const remove = (c: UnitContext, files: readonly string[]): Command => {
  const paths = files.map((name) => `${String(unitDir(c))}/${name}`)
  return isSystem(c) ? sh`rm -f ${paths}`.sudo().hint(asRoot(c, 'uninstall')) : inScope(c)`rm -f ${paths}`
}

/** systemd remembers that a unit failed until it is reset. */
const resetFailed = (c: UnitContext, names: readonly string[]): Command => {
  const text = inScope(c)`${[...systemctl(c), 'reset-failed', ...names]}`
  const failed = inScope(c)`${[...systemctl(c), 'is-failed', '--quiet', ...names]}`
  return withSudo(c, text).onlyIf(failed).allowFailure()
}
