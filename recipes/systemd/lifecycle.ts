import type { Command } from '../../src/index.ts'
import { reportEndOnFailure, verifyEnded } from './ended.ts'
import { refuseForeign, verifyNotPinned } from './ownership/refuse.ts'
import { type Context, systemctl } from './scope.ts'
import { everDeployed, type Unit, namesOf } from './state.ts'
import { forgetFailures, inScope, runVerb, verifyActive } from './systemctl.ts'
import { verifyUp, type Wanted } from './up.ts'
import type { SystemctlCall, Verb } from './verbs.ts'

type Units = readonly Unit[]

/**
 * Splits units into those that restart, and those that stay up meanwhile: sockets and the like hold requests for the services. If there
 * are no others, the sockets and the like restart.
 */
export const splitUnits = <U extends { readonly name: string }>(
  units: readonly U[],
): { readonly main: readonly U[]; readonly stay: readonly U[] } => {
  const stay = units.filter(({ name }) => /\.(socket|timer|path)$/.test(name))
  return stay.length === units.length ? { main: units, stay: [] } : { main: units.filter((unit) => !stay.includes(unit)), stay }
}

export type Action = 'start' | 'stop' | 'restart' | 'reload' | 'reload-or-restart' | 'phased'

/** Every call that the functions below can make, in any state of the units: a fixed set, for sudoers. */
const callsOf = (names: readonly string[], acts: readonly Action[], apart = false): readonly SystemctlCall[] => {
  const { main, stay } = splitUnits(names.map((name) => ({ name })))
  const of = (verb: Verb, some: readonly { name: string }[]): SystemctlCall[] => (some.length === 0 ? [] : [{ verb, names: namesOf(some) }])
  const all = acts.flatMap((one): SystemctlCall[] => {
    if (one === 'stop') return [{ verb: one, names }]
    const starting: SystemctlCall[] = [
      { verb: 'start', names },
      { verb: 'reset-failed', names },
    ]
    if (one === 'start') return starting
    if (one === 'reload' || one === 'phased') return [...starting, ...of(one, main)]
    if (one !== 'restart') return [...of('start', stay), ...of(one, main)]
    const shares = apart ? main.map((unit) => [unit]) : [main]
    return [...of('start', stay), ...shares.flatMap((some) => [...of('restart', some), ...of('reset-failed', some)])]
  })
  const once = all.filter((one, i) => all.findIndex((other) => keyOf(other) === keyOf(one)) === i)
  const forgets = ({ verb }: SystemctlCall): boolean => verb === 'reset-failed'
  return [...once.filter((one) => !forgets(one)), ...once.filter(forgets)]
}

/** The calls of every task. `optional`: no deploy makes the call by itself, or a deploy continues with a warning if it fails. */
export const taskCalls = (
  names: readonly string[],
  { all, hooked, apart }: { readonly all: readonly Action[]; readonly hooked: readonly Action[]; readonly apart: boolean },
): readonly (SystemctlCall & { readonly optional: boolean })[] => {
  const own = callsOf(names, hooked, apart).map(keyOf)
  return callsOf(names, all, apart).map((one) => ({ ...one, optional: one.verb === 'reset-failed' || !own.includes(keyOf(one)) }))
}

const keyOf = ({ verb, names }: SystemctlCall): string => [verb, ...names].join(' ')

export const start = (c: Context, units: Units): Command[] =>
  ours(c, units, () => [
    forgetFailures(c, namesOf(units)),
    callVerb(c, 'start', units),
    ...(c.deploy.releasing ? units.flatMap((unit) => ranAgain(c, unit)) : []),
    ...verifyStarted(c, units, c.deploy.releasing ? 'new' : 'any'),
  ])

/** A oneshot with RemainAfterExit stays active after its work, so a start does not run it for the new release. */
const ranAgain = (c: Context, { name, kind, state, left }: Unit): Command[] =>
  kind !== 'once' || state !== 'running'
    ? []
    : [
        inScope(c)`s=$(${[...systemctl(c), 'show', '-p', 'ActiveExitTimestampMonotonic', name]}) || exit
if [ "$s" = ${`ActiveExitTimestampMonotonic=${left}`} ]; then
  echo ${`${name} was not run: it is still active from before (RemainAfterExit), so a start does nothing`} >&2
  exit 1
fi`
          .title(`check that ${name} was run`)
          .hint(c.shipit(`${c.service.tasks}:restart`)),
      ]

export const stop = (c: Context, units: Units): Command[] =>
  ours(c, units, () => [reportEndOnFailure(c, callVerb(c, 'stop', units), units), ...verifyEnded(c, units)])

/**
 * Restarts services, and starts any that are down; starts sockets that are down first. `apart`: one unit after the other, each checked
 * before the next, so that the rest keeps running if the first one fails.
 */
export const restart = (c: Context, units: Units, apart = false): Command[] => {
  const { main, stay } = splitUnits(units)
  return ours(c, units, () => [...waking(c, stay), ...(apart ? main.map((one) => [one]) : [main]).flatMap((some) => restarted(c, some))])
}

const restarted = (c: Context, main: Units): Command[] => [
  forgetFailures(c, namesOf(main)),
  reportEndOnFailure(c, callVerb(c, 'restart', main), main),
  ...verifyEnded(c, main),
  ...verifyStarted(c, main, 'new'),
]

/** In a deploy, starts units that are down: they have nothing to reload. */
export const reload = (c: Context, units: Units, verb: 'reload' | 'reload-or-restart'): Command[] =>
  ours(c, units, () => reloaded(c, units, verb))

const reloaded = (c: Context, units: Units, verb: 'reload' | 'reload-or-restart'): Command[] => {
  const { main, stay } = splitUnits(units)
  const down = main.filter(({ state }) => state !== 'running' && state !== 'unknown')
  const starts = verb === 'reload' && c.deploy.releasing && down.length > 0
  if (starts)
    return [
      callVerb(c, 'start', units),
      ...(down.length < main.length ? [callVerb(c, verb, main)] : []),
      ...verifyStarted(c, units, 'reloaded'),
    ]
  const ends = verb === 'reload' ? [] : verifyEnded(c, main)
  return [...(verb === 'reload' ? [] : waking(c, stay)), callVerb(c, verb, main), ...ends, ...verifyStarted(c, main, 'reloaded')]
}

/** If nothing was ever live on the host, a missing unit is a warning: the first deploy may run before it is installed. */
export const callVerb = (c: Context, verb: Verb, units: Units): Command => {
  const command = runVerb(c, verb, namesOf(units))
  return !everDeployed(c) && units.some(({ state }) => state === 'missing') ? command.allowFailure({ codes: [5] }) : command
}

/** Verifies that the units are up. A oneshot needs no check: its exit code shows it. */
export const verifyStarted = (c: Context, units: Units, wanted: Wanted): Command[] => {
  const there = units.filter(({ state }) => everDeployed(c) || state !== 'missing')
  const services = there.filter(({ kind }) => kind === 'service')
  const others = there.filter(({ kind }) => kind === 'other')
  return [
    ...(services.length > 0 ? [verifyUp(c, services, wanted)] : []),
    ...(others.length > 0 ? [verifyActive(c, namesOf(others))] : []),
    ...(wanted === 'new' ? verifyNotPinned(c, namesOf(services)) : []),
  ]
}

/** Refuses to do anything if one of the units belongs to another application. */
const ours = (c: Context, units: Units, steps: () => Command[]): Command[] => {
  const refused = refuseForeign(c, namesOf(units))
  return refused === undefined ? steps() : [refused]
}

/** Starts sockets that are down before their services. */
const waking = (c: Context, stay: Units): Command[] =>
  stay.some(({ state }) => state !== 'running') ? [callVerb(c, 'start', stay), ...verifyStarted(c, stay, 'any')] : []
