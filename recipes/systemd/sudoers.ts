import type { SudoersCall, SudoersHost, SudoersRules } from '../../src/kit/index.ts'
import { taskCalls } from './lifecycle.ts'
import type { ScopeSettings } from './scope.ts'
import { type DescribedService, type ServiceDefinition } from './service-definition.ts'
import { verbWords, type SystemctlCall, type TaskCall } from './verbs.ts'
import { partName } from './wording.ts'

/** The sudo rules that the tasks of a service need. Writing units is not among them: only root may do that. */
export const sudoersRules = <S, H>({ tasks, on, describe }: ServiceDefinition<S, H>): SudoersRules<S> => ({
  task: `${tasks}:sudoers`,
  part: partName(tasks),
  on,
  bin: (settings) => describe(settings).scope.systemctlBin,
  calls: (settings, host) => {
    const service = describe(settings)
    return sudoersCalls(service.scope, allCalls(service), host)
  },
  whyNone: () => NO_SUDO_NEEDED,
})

/** Why a user's own systemd needs no sudo. */
export const NO_SUDO_NEEDED = "the units are of the deploy user's own systemd"

/**
 * These calls as sudo has to allow them. Another user's commands run through `/bin/sh` as that user, so the rule allows any command; the
 * login's own commands need no rule.
 */
export const sudoersCalls = (
  { serviceUnitUser, user: owner }: ScopeSettings,
  calls: readonly SystemctlCall[],
  { user, bin }: SudoersHost,
): readonly SudoersCall[] => {
  if (serviceUnitUser === 'system') return calls.map(({ verb, names }) => ({ as: 'root', words: [bin, ...verbWords(verb), ...names] }))
  return owner === null || owner === user ? [] : [{ as: owner, words: ['/bin/sh'] }]
}

/** Every systemctl call that the tasks make, except those that only root may make: a fixed set, for sudoers. */
export const allCalls = ({ units: names, acts, hooked, rolling, quiet }: DescribedService): readonly TaskCall[] => [
  ...quietCalls(names, quiet, hooked.length === 0),
  ...taskCalls(names, { all: ['start', 'stop', 'restart', ...acts], hooked, apart: rolling !== null }),
  { verb: 'enable', names, optional: true },
  { verb: 'disable', names, optional: true },
]

/** Those that a deploy makes by itself. */
export const deployCalls = (service: DescribedService): readonly TaskCall[] => allCalls(service).filter(({ optional }) => optional !== true)

/** Each unit is quieted on its own. */
const quietCalls = (units: readonly string[], signal: string | undefined, optional: boolean): readonly TaskCall[] => {
  if (signal === undefined) return []
  return units.filter((unit) => unit.endsWith('.service')).map((unit) => ({ verb: `signal:${signal}`, names: [unit], optional }))
}
