import type { Command } from '../../../src/index.ts'
import type { Call } from '../../systemd/lifecycle.ts'
import { act } from '../../systemd/systemctl.ts'
import type { Context } from '../manager.ts'
import { unitNames, type UnitSettings } from '../units.ts'

type Calls = readonly (Call & { readonly optional?: boolean })[]

/**
 * Every systemctl call that the tasks make, except for install and uninstall: a fixed set, so that sudoers can list each with its exact
 * words. Each unit is quieted on its own; the other calls are for all units, or for a single one if only some are meant. `optional`: no
 * deploy makes the call by itself.
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

/** `verb` for some of the units, using calls from that set: one for all, or one for each. */
export const acts = (c: Context, verb: (typeof VERBS)[number], some: readonly { readonly name: string }[]): readonly Command[] => {
  const names = some.map(({ name }) => name)
  if (names.length === 0) return []
  return names.length === unitNames(c.settings).length ? [act(c, verb, names)] : names.map((name) => act(c, verb, [name]))
}
