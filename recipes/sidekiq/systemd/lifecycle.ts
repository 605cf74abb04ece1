import type { Command } from '../../../src/index.ts'
import { everDeployed, quieting, unitsOf as states, type Unit } from '../../systemd/state.ts'
import { act, ask, scoped, systemctl, verifyStopped, verifyUp } from '../../systemd/systemctl.ts'
import { notOurs, ranOld } from '../../systemd/whose/refuse.ts'
import { leftOver } from '../recovery.ts'
import type { Context } from '../manager.ts'
import { unitNames } from '../units.ts'
import { acts } from './calls.ts'

type Units = readonly Unit[]

/** The units of this host as they were when it was read. */
export const unitsOf = ({ settings, facts }: Pick<Context, 'settings' | 'facts'>): Units => states(facts, unitNames(settings))

/** Whoever runs takes no more jobs: by `reload` where that is what the unit's ExecReload does. A call for each, for sudoers' sake. */
export const quiet = (c: Context): Command[] => refused(c) ?? quieted(c)

const quieted = (c: Context): Command[] =>
  quieting(unitsOf(c)).flatMap(({ verb, names, known }) =>
    names.map((name) => {
      const command = act(c, verb, [name])
      // between reading and quieting a unit may have ended by itself: then there is nothing to quiet
      return known ? command.onlyIf(ask(c, ['is-active', '--quiet'], [name])) : command
    }),
  )

export const stop = (c: Context): Command[] => refused(c) ?? stopped(c)

const stopped = (c: Context): Command[] => {
  const there = present(c)
  const running = there.filter(({ state }) => state === 'running').map((unit) => unit.name)
  return [...acts(c, 'stop', there), ...(running.length > 0 ? [verifyStopped(c, running)] : [])]
}

/** `start` or `restart`, and the look whether they are up. What was never installed on a host without a good release is a warning. */
export const bringUp = (c: Context, verb: 'start' | 'restart'): Command[] => refused(c) ?? broughtUp(c, verb)

const broughtUp = (c: Context, verb: 'start' | 'restart'): Command[] => {
  const there = present(c)
  const absent = unitsOf(c).filter(({ name }) => there.every((unit) => unit.name !== name))
  // by hooks of one's own a start may come without a stop, and then it does nothing
  const idle = verb === 'start' && c.deploy.releasing && !c.settings.defaultHooks
  return [
    ...acts(c, verb, there),
    ...(idle ? restartOld(c, there) : []),
    ...(there.length > 0 ? [verifyUp(c, there, verb === 'restart' || c.deploy.releasing)] : []),
    ...[ranOld(c, unitNames(c.settings))].filter((command) => command !== false),
    ...acts(c, verb, absent).map((command) => command.allowFailure({ codes: [5] })),
  ]
}

/** Back to work with what this run quieted or stopped; not with what was down before, nor what it already started again. */
export const recover = (c: Context): Command[] => {
  const left = leftOver(c)
  const touched = unitsOf(c).filter(({ state }) => state === 'running' || state === 'starting')
  // of somebody else's units nothing was touched
  if (left === 'nothing' || touched.length === 0 || refused(c) !== undefined) return []
  return left === 'old' ? restartOld(c, touched) : [...acts(c, 'restart', touched), verifyUp(c, touched, true)]
}

/** Nothing is begun where one of the units is somebody else's. */
const refused = (c: Context): Command[] | undefined => {
  const command = notOurs(c, unitNames(c.settings))
  return command === undefined ? undefined : [command]
}

/** Those that still are the process of before. */
const restartOld = (c: Context, units: Units): Command[] =>
  units
    .filter(({ pid }) => pid > 0)
    .map(({ name, pid }) => {
      const show = [...systemctl(c), 'show', '-p', 'MainPID', name]
      return act(c, 'restart', [name]).onlyIf(scoped(c)`${show} | grep -qx ${`MainPID=${pid}`}`)
    })

/** A unit that is missing is an error once a release was good: then its command runs, fails and says what to do. */
const present = (c: Context): Units => {
  const units = unitsOf(c)
  return everDeployed(c) ? units : units.filter(({ state }) => state !== 'missing')
}
