import { sh } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import { everDeployed, quieting, unitsOf as states, type Unit } from '../../systemd/state.ts'
import { act, ask, verifyStopped, verifyUp } from '../../systemd/systemctl.ts'
import type { Context, Manager } from '../manager.ts'
import type { Settings } from '../settings.ts'
import { unitNames } from '../units.ts'
import { checkSteps } from './check.ts'

/** The units of this host as they were when it was read. */
export const unitsOf = ({ settings, facts }: Pick<Context, 'settings' | 'facts'>): readonly Unit[] => states(facts, unitNames(settings))

const none = (): StepList => []

/** Sidekiq under systemd, commands as capistrano-sidekiq builds them. */
export const systemd: Manager = {
  facts: ({ settings }) => reads(settings),
  check: checkSteps,
  quiet: (c) => quiet(c, unitsOf(c)),
  stop: (c) => stop(c, unitsOf(c)),
  start: (c) => bringUp(c, 'start', unitsOf(c)),
  restart: (c) => bringUp(c, 'restart', unitsOf(c)),
  recover: (c) => recover(c, unitsOf(c)),
  pids: () => sh`:`,
  install: none,
  uninstall: none,
  enable: none,
  disable: none,
  log: none,
  doctor: { facts: () => ({}), findings: () => [] },
}

/** Asked of every host of the roles before anything is planned. */
const reads = (s: Settings): Record<string, Command> => {
  const session = sh`printf '%s\n' "$(id -u)" "\${XDG_RUNTIME_DIR:-}"`.probe()
  const words = ['show', '-p', 'Id,LoadState,ActiveState,MainPID,Type,ExecReload']
  const names = unitNames(s)
  if (s.serviceUnitUser === 'system') return { units: ask({ settings: s, facts: {} }, words, names).probe() }
  return { session, units: sh`XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)} ${s.systemctlBin} --user ${words} ${names}`.probe() }
}

/** Whoever runs takes no more jobs: by `reload` where that is what the unit's ExecReload does. */
const quiet = (c: Context, units: readonly Unit[]): Command[] =>
  quieting(units).map(({ verb, names, known }) => {
    const command = act(c, verb, names)
    // between reading and quieting a unit may have ended by itself: then there is nothing to quiet
    return known ? command.onlyIf(ask(c, ['is-active', '--quiet'], names)) : command
  })

const stop = (c: Context, units: readonly Unit[]): Command[] => {
  const there = present(c, units)
  const running = there.filter(({ state }) => state === 'running').map((unit) => unit.name)
  if (there.length === 0) return []
  const command = act(
    c,
    'stop',
    there.map((unit) => unit.name),
  )
  return running.length === 0 ? [command] : [command, verifyStopped(c, running)]
}

/** `start` or `restart`, and the look whether they are up. What was never installed on a host without a good release is a warning. */
const bringUp = (c: Context, verb: 'start' | 'restart', units: readonly Unit[]): Command[] => {
  const there = present(c, units)
  const absent = units.filter((unit) => !there.includes(unit))
  const names = (some: readonly Unit[]) => some.map((unit) => unit.name)
  return [
    ...(there.length > 0 ? [act(c, verb, names(there)), verifyUp(c, there, verb === 'restart' || c.deploy.releasing)] : []),
    ...(absent.length > 0 ? [act(c, verb, names(absent)).allowFailure({ codes: [5] })] : []),
  ]
}

/** Back to work with what this run quieted or stopped; not with what was down before, nor what it already started again. */
const recover = (c: Context, units: readonly Unit[]): Command[] => {
  const ran = (task: string) => (c.failure?.ran(task) ?? 'no') !== 'no'
  if (!(ran('sidekiq:quiet') || ran('sidekiq:stop')) || ran('sidekiq:start') || ran('sidekiq:restart')) return []
  const touched = units.filter(({ state }) => state === 'running' || state === 'starting')
  return touched.length === 0
    ? []
    : [
        act(
          c,
          'restart',
          touched.map((unit) => unit.name),
        ),
        verifyUp(c, touched, true),
      ]
}

/** A unit that is missing is an error once a release was good: then its command runs, fails and says what to do. */
const present = (c: Context, units: readonly Unit[]): readonly Unit[] =>
  everDeployed(c) ? units : units.filter(({ state }) => state !== 'missing')
