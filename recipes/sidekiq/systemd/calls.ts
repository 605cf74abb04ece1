import type { Command } from '../../../src/index.ts'
import type { Call } from '../../systemd/lifecycle.ts'
import { act } from '../../systemd/systemctl.ts'
import type { Context } from '../manager.ts'
import { unitNames, type UnitSettings } from '../units.ts'

type Calls = readonly (Call & { readonly optional?: boolean })[]

/**
 * Every call of systemctl that the tasks make, install and uninstall aside: a fixed set, so that sudoers can name each by its exact
 * words. Each unit is quieted by itself; the others are calls for all units, and for one where not all are meant. `optional`: no
 * deploy makes it by itself.
 */
export const callsOf = (settings: UnitSettings): Calls => {
  const names = unitNames(settings)
  const singles = names.length === 1 ? [] : names
  return [
    ...names.flatMap((name): Calls => [
      { verb: 'reload', names: [name] },
      { verb: 'quiet', names: [name] },
    ]),
    ...VERBS.map((verb) => ({ verb, names })),
    ...VERBS.flatMap((verb) => singles.map((name) => ({ verb, names: [name] }))),
    ...[names, ...singles.map((name) => [name])].map((some) => ({ verb: 'reset-failed' as const, names: some, optional: true })),
    { verb: 'enable', names, optional: true },
    { verb: 'disable', names, optional: true },
  ]
}
const VERBS = ['stop', 'start', 'restart'] as const

/** `verb` for some of the units, by calls of that set: one for all, or one for each. */
export const acts = (c: Context, verb: (typeof VERBS)[number], some: readonly { readonly name: string }[]): readonly Command[] => {
  const names = some.map(({ name }) => name)
  if (names.length === 0) return []
  return names.length === unitNames(c.settings).length ? [act(c, verb, names)] : names.map((name) => act(c, verb, [name]))
}
