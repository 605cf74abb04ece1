import { sudoChecks, type Check } from '../../src/kit/index.ts'
import { ownerChecks } from './ownership/refuse.ts'
import { remedy, sudoRule } from './remedies.ts'
import { scopeUser, type Context } from './scope.ts'
import { everDeployed, type Unit, namesOf } from './state.ts'

/** Problems that would make the calls of a deploy fail, from `unitFacts`, `ownerFact` and `checkFacts`; the doctor reports the same ones. */
export const unitChecks = (c: Context, units: readonly Unit[], sudo = sudoChecks(c, (calls) => sudoRule(c, calls))): readonly Check[] => {
  if (units.some(({ state }) => state === 'unknown')) return [unreachable(c, units)]
  const names = namesOf(units)
  return [...ownerChecks(c, names), ...units.flatMap((unit) => loadChecks(c, unit)), ...lingerChecks(c, units), ...sudo]
}

const unreachable = (c: Context, units: readonly Unit[]): Check => {
  const { stdout = '', stderr = '', code = 1 } = units.find(({ failed }) => failed !== undefined)?.failed ?? {}
  const [reason] = stderr.trim().split('\n')
  const manager = c.settings.serviceUnitUser === 'system' ? 'systemd' : `the systemd of ${scopeUser(c)}`
  const names = namesOf(units)
  return {
    level: 'error',
    message: `cannot read the state of ${names.join(', ')}: ${manager} does not answer${reason ? `: ${reason}` : ''}`,
    remedy: remedy(c, names, 'check')({ code, stdout, stderr }),
  }
}

/** A missing unit does not stop the first deploy: it may run before the unit is installed. */
const loadChecks = (c: Context, { name, state, broken, properties }: Unit): readonly Check[] => {
  const remedyOf = (stderr: string): string => remedy(c, [name], 'check')({ code: 1, stdout: '', stderr })
  if (state === 'missing')
    return [{ level: everDeployed(c) ? 'error' : 'warning', message: `${name} is not installed`, remedy: remedyOf('LoadState=not-found') }]
  if (!broken) return []
  return properties.get('LoadState') === 'masked'
    ? [{ level: 'error', message: `${name} is masked`, remedy: remedyOf('is masked') }]
    : [{ level: 'error', message: `systemd cannot read the unit file of ${name}`, remedy: remedyOf('bad-setting') }]
}

/**
 * Without lingering, a user's systemd and its services end soon after the last session. A first deploy starts nothing if no unit is
 * installed yet, and installing one turns lingering on.
 */
const lingerChecks = (c: Context, units: readonly Unit[]): readonly Check[] =>
  c.facts.linger !== false
    ? []
    : [
        {
          level: everDeployed(c) || units.some(({ state }) => state !== 'missing') ? 'error' : 'warning',
          message: `${scopeUser(c)} does not linger: ${c.service.name} ends soon after logout, and does not start at boot`,
          remedy: `sudo loginctl enable-linger ${scopeUser(c)}`,
        },
      ]
