import type { Command } from '../../src/index.ts'
import { maySudo } from '../sudo/allowed.ts'
import { sudoWords } from './facts.ts'
import type { Call } from './lifecycle.ts'
import { remedy, sudoRule } from './remedies.ts'
import type { Context } from './scope.ts'
import { everDeployed, type Unit } from './state.ts'
import { ask, scoped, systemctl } from './systemctl.ts'
import { lingers } from './watch.ts'
import { checkOwners } from './whose/refuse.ts'

/** Checks, before anything is changed, for what would make the `calls` of this run fail later. */
export const checkUnits = (c: Context, units: readonly Unit[], calls: readonly Call[]): (Command | false)[] => {
  const unasked = notAsked(c, units)
  if (unasked) return [unasked]
  return [
    ...checkOwners(
      c,
      units.map(({ name }) => name),
    ),
    areInstalled(c, units),
    canStart(c, units),
    ...(c.settings.serviceUnitUser === 'system'
      ? calls.map((call) => maySudo(c, sudoWords(c.settings, call), sudoRule(c, calls)))
      : [lingers(c)]),
  ]
}

/** If systemd did not answer, asks it again, to fail with its message; undefined if it did. */
export const notAsked = (c: Context, units: readonly Unit[]): Command | undefined => {
  if (units.every(({ state }) => state !== 'unknown')) return undefined
  const names = units.map((unit) => unit.name)
  return ask(c, ['show', '-p', 'LoadState'], names).hint(remedy(c, names, 'check'))
}

/** Fails if units are missing on a host where a release was live: it had them. */
export const areInstalled = (c: Context, units: readonly Unit[]): Command | false => {
  const missing = units.filter(({ state }) => state === 'missing').map((unit) => unit.name)
  if (missing.length === 0 || !everDeployed(c)) return false
  return ask(c, ['cat'], missing)
    .title(`check that ${missing.join(', ')} is installed`)
    .hint(remedy(c, missing, 'check'))
}

/** Fails if systemd cannot start a process of a unit at all. */
export const canStart = (c: Context, units: readonly Unit[]): Command | false => {
  const names = units.filter(({ broken }) => broken).map((unit) => unit.name)
  if (names.length === 0) return false
  const show = [...systemctl(c), 'show', '-p', 'Id,LoadState', ...names]
  return scoped(c)`s=$(${show}) && ! echo "$s" | grep -xE ${'LoadState=(masked|bad-setting|error)'}`
    .title(`check that ${names.join(', ')} can be started`)
    .hint(remedy(c, names, 'check'))
}
