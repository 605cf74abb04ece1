import { defineRecipe, sh } from '../../src/index.ts'
import type { Command, Host } from '../../src/index.ts'
import { checkSteps } from './check.ts'
import { settings, type Settings } from './settings.ts'
import { everDeployed, quieting, unitsOf, type Context, type Unit } from './state.ts'
import { act, ask, verifyStopped, verifyUp } from './systemctl.ts'
import { unitNames } from './units.ts'

const on = ({ settings: { roles } }: { settings: Settings }) => ({ roles })

/**
 * Sidekiq under systemd, commands as capistrano-sidekiq builds them. By itself (`defaultHooks`) it quiets the workers when all hosts
 * have passed the checks, stops them when all are ready, starts them on the new release, and after a failure restarts what it
 * quieted or stopped, and only that.
 */
export const sidekiq = defineRecipe({
  name: 'sidekiq',
  settings,
  facts: ({ settings: s, host }: { settings: Settings; host: Host }) => (s.roles.some((role) => host.has(role)) ? reads(s) : {}),
  tasks: {
    quiet: { description: 'Let Sidekiq take no new jobs', on, steps: (c: Context) => quiet(c, unitsOf(c)) },
    stop: { description: 'Stop Sidekiq', on, steps: (c: Context) => stop(c, unitsOf(c)) },
    start: { description: 'Start Sidekiq', on, steps: (c: Context) => bringUp(c, 'start', unitsOf(c)) },
    restart: { description: 'Restart Sidekiq', on, steps: (c: Context) => bringUp(c, 'restart', unitsOf(c)) },
    check: { on: 'all', steps: checkSteps },
    recover: { on, steps: (c: Context) => recover(c, unitsOf(c)) },
  },
  hooks: ({ settings: s }: { settings: Settings }) =>
    s.defaultHooks
      ? {
          before: { 'deploy:check': 'sidekiq:check', 'deploy:publishing': 'sidekiq:stop' },
          after: { 'deploy:starting': 'sidekiq:quiet', 'deploy:published': 'sidekiq:start', 'deploy:failed': 'sidekiq:recover' },
        }
      : {},
})

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
