import type { Command } from '../../../src/index.ts'
import { runVerb, waysToQuiet } from '../../systemd/services.ts'
import type { SystemctlCall, Unit } from '../../systemd/services.ts'
import type { Context } from './service.ts'
import type { Settings } from '../settings.ts'
import { unitNames, type UnitSettings } from '../units.ts'

type Calls = readonly (SystemctlCall & { readonly optional?: boolean })[]

/**
 * Every systemctl call that the tasks make, except for install and uninstall: a fixed set, so that sudoers can list each with its exact
 * words. Each unit is quieted on its own; the other calls are for all units, or for a single one if only some are meant. `optional`: no
 * deploy makes the call by itself.
 */
export const allCalls = (settings: UnitSettings): Calls => {
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

type Deploying = Pick<Settings, 'rolling' | 'drain'>

/**
 * Those that a deploy may make by itself, whatever state the units are in: what sudo is asked about before that is known. With `rolling` the
 * units restart one by one. Otherwise the calls are for all units, or on a first deploy for those that are there. `restarts`: whether this
 * run restarts them by a hook of your own.
 */
export const deployCalls = (settings: UnitSettings & Deploying, restarts: boolean): Calls =>
  allCalls(settings).filter(({ verb, names, optional }) => {
    if (optional === true) return false
    if (verb === 'reload' || verb === 'quiet') return quiets(settings)
    if (settings.rolling !== null) return verb === 'restart' && names.length === 1
    return verb !== 'restart' || restarts
  })

/** Of these, the ones that a deploy makes with the units in this state. `present`: those that it expects to be installed. */
export const callsNow = (settings: UnitSettings & Deploying, units: readonly Unit[], present: readonly Unit[]): Calls => {
  const quieted = quiets(settings) ? waysToQuiet(units).flatMap(({ verb, names }) => names.map((name) => ({ verb, names: [name] }))) : []
  const callsOn = (verb: (typeof VERBS)[number], some: readonly Unit[]): Calls => shares(settings, some).map((names) => ({ verb, names }))
  if (settings.rolling !== null) return [...quieted, ...units.map(({ name }) => ({ verb: 'restart' as const, names: [name] }))]
  const absent = units.filter((unit) => !present.includes(unit))
  const starts = (verb: 'start' | 'restart') => [...callsOn(verb, present), ...callsOn(verb, absent)]
  return [...quieted, ...callsOn('stop', present), ...starts('start'), ...starts('restart')]
}

/** With `rolling`, only a drain quiets. */
const quiets = ({ rolling, drain }: Deploying): boolean => rolling === null || drain !== null

const VERBS = ['stop', 'start', 'restart'] as const

/** `verb` for some of the units, using calls from that set: one for all, or one for each. */
export const runVerbs = (c: Context, verb: (typeof VERBS)[number], some: readonly { readonly name: string }[]): readonly Command[] =>
  shares(c.settings, some).map((names) => runVerb(c, verb, names))

/** The names in each call for these units: all in one, or a call for each. */
const shares = (settings: UnitSettings, some: readonly { readonly name: string }[]): readonly (readonly string[])[] => {
  const names = some.map(({ name }) => name)
  if (names.length === 0) return []
  return names.length === unitNames(settings).length ? [names] : names.map((name) => [name])
}
