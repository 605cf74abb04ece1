import type { Command } from '../../../src/index.ts'
import { verifyEnded } from '../../systemd/ended.ts'
import { forgetFailures } from '../../systemd/forget.ts'
import { serving, SIDEKIQ } from '../../systemd/service.ts'
import { everDeployed, unitsOf as states, type Unit } from '../../systemd/state.ts'
import { act, scoped, systemctl } from '../../systemd/systemctl.ts'
import { verifyUp } from '../../systemd/up.ts'
import { notOurs, verifyNotPinned } from '../../systemd/whose/refuse.ts'
import type { Context } from '../manager.ts'
import { unitNames } from '../units.ts'
import { acts } from './calls.ts'
import { quietUnits } from './quiet.ts'
import { recoverUnits } from './recover.ts'

type Units = readonly Unit[]

/** The units of this host as they were when it was read. */
export const unitsOf = ({ settings, facts }: Pick<Context, 'settings' | 'facts'>): Units => {
  const names = unitNames(settings)
  return states(facts, unitNames({ ...settings, only: undefined })).filter(({ name }) => names.includes(name))
}

/** Quiets every running process. */
export const quiet = (c: Context): Command[] => refused(c) ?? quietUnits(c, unitsOf(c))

export const stop = (c: Context): Command[] => refused(c) ?? stopped(c)

const stopped = (c: Context): Command[] => {
  const there = present(c)
  return [...acts(c, 'stop', there), ...verifyEnded(c, there)]
}

/** `start` or `restart`, then a check that they are up. On a host where no release was ever live, a missing unit is only a warning. */
export const bringUp = (c: Context, verb: 'start' | 'restart'): Command[] => refused(c) ?? broughtUp(c, verb)

const broughtUp = (c: Context, verb: 'start' | 'restart'): Command[] => {
  const there = present(c)
  const absent = unitsOf(c).filter(({ name }) => there.every((unit) => unit.name !== name))
  // with your own hooks, a start may run without a stop, and then it does nothing
  const idle = verb === 'start' && c.deploy.releasing && !c.settings.defaultHooks
  const fresh = verb === 'restart' || c.deploy.releasing
  const names = there.map(({ name }) => name)
  return [
    ...(names.length > 0 ? [forgetFailures(c, names)] : []),
    ...acts(c, verb, there),
    ...(idle ? restartOld(c, there) : []),
    ...(verb === 'restart' || idle ? verifyEnded(c, there) : []),
    ...(there.length > 0 ? [verifyUp(titled(c), there, fresh ? 'new' : 'any')] : []),
    ...verifyNotPinned(c, names),
    ...acts(c, verb, absent).map((command) => command.allowFailure({ codes: [5] })),
  ]
}

/**
 * Puts back to work what this run quieted or stopped, but not what was down before or what it has already started again. Other
 * applications' units were never touched.
 */
export const recover = (c: Context): Command[] => (refused(c) === undefined ? recoverUnits(titled(c), unitsOf(c)) : [])

/** A `command` other than Sidekiq may set another title, or none. */
const titled = (c: Context): Context => {
  const { command, timeoutStartSec } = c.settings
  const { title = '', ...rest } = SIDEKIQ
  const boot = timeoutStartSec ?? 90
  return serving(c, /(^|\/)sidekiq(swarm)?$/.test(command) ? { ...rest, title, boot } : { ...rest, boot })
}

/** A step that fails, or undefined if none of the units belongs to another application. */
const refused = (c: Context): Command[] | undefined => {
  const command = notOurs(c, unitNames(c.settings))
  return command === undefined ? undefined : [command]
}

/** Restarts units whose main process is still the old one. */
const restartOld = (c: Context, units: Units): Command[] =>
  units
    .filter(({ pid }) => pid > 0)
    .map(({ name, pid }) => {
      const show = [...systemctl(c), 'show', '-p', 'MainPID', name]
      return act(c, 'restart', [name]).onlyIf(scoped(c)`${show} | grep -qx ${`MainPID=${pid}`}`)
    })

/** Once a release was live, a missing unit is an error: its command runs, fails and says what to do. */
const present = (c: Context): Units => {
  const units = unitsOf(c)
  return everDeployed(c) ? units : units.filter(({ state }) => state !== 'missing')
}
