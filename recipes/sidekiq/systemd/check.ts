import { warn } from '../../../src/index.ts'
import type { Command, Finding } from '../../../src/index.ts'
import { serving, SIDEKIQ } from '../../systemd/service.ts'
import { sudoRule } from '../../systemd/remedies.ts'
import type { Call } from '../../systemd/lifecycle.ts'
import { blocksOf, quieting, type Unit } from '../../systemd/state.ts'
import { areInstalled, canStart, notAsked } from '../../systemd/check.ts'
import { sudoWords } from '../../systemd/facts.ts'
import { lingers } from '../../systemd/watch.ts'
import { checkOwners } from '../../systemd/whose/refuse.ts'
import { maySudo } from '../../sudo/allowed.ts'
import type { Context } from '../manager.ts'
import { unitNames } from '../units.ts'
import { callsOf } from './calls.ts'
import { unitsOf } from './lifecycle.ts'
import { losses, stopping, timeoutOf } from './losses.ts'

/** Runs before anything is changed: finds what would keep the workers from being quieted, stopped or started later. */
export const checkSteps = (c: Context): (Command | false)[] => {
  const { serviceUnitUser, defaultHooks } = c.settings
  const units = unitsOf(c)
  const unasked = notAsked(c, units)
  if (unasked) return [unasked]
  return [
    ...checkOwners(c, unitNames(c.settings)),
    areInstalled(c, units),
    canStart(serving(c, SIDEKIQ), units),
    losesJobs(c),
    // it is not known which calls your own hooks make
    ...(serviceUnitUser !== 'system' ? [lingers(serving(c, SIDEKIQ))] : defaultHooks ? sudoChecks(c, units) : []),
  ]
}

/** A unit that loses jobs at every stop. The doctor reports an error; here it is a warning, since the deploy itself can go on. */
const losesJobs = (c: Context): Command | false => {
  const names = unitNames(c.settings)
  const found = (blocksOf(c.facts.units, names) ?? []).flatMap((of, i): readonly Finding[] => {
    if (of.get('LoadState') === 'not-found') return []
    const stop = stopping(c, names[i]!, of, timeoutOf(of, undefined))
    return [...losses(names[i]!, of), ...(stop === false || stop.level !== 'error' ? [] : [stop])]
  })
  return (
    found.length > 0 && warn(found.map(({ message, remedy }) => `${message}. ${remedy}`)).title('check that no stop of Sidekiq loses jobs')
  )
}

/** Checks that sudo allows exactly the calls that this deploy will make. */
const sudoChecks = (c: Context, units: readonly Unit[]): Command[] => {
  const there = units.filter(({ state }) => state !== 'missing').map((unit) => unit.name)
  if (there.length === 0) return []
  const all = there.length === units.length
  const later = (['stop', 'start', 'restart'] as const).flatMap((verb): Call[] =>
    all ? [{ verb, names: unitNames(c.settings) }] : there.map((name) => ({ verb, names: [name] })),
  )
  const quiets = quieting(units).flatMap(({ verb, names }) => names.map((name): Call => ({ verb, names: [name] })))
  return [...quiets, ...later].map((call) => maySudo(c, sudoWords(c.settings, call), sudoRule(c, callsOf(c.settings))))
}
