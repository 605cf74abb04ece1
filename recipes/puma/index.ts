import { defineRecipe, fail } from '../../src/index.ts'
import type { Command, FactsContext, StepsContext } from '../../src/index.ts'
import { rights } from '../sudo/allowed.ts'
import { checkUnits } from '../systemd/check.ts'
import { doctorFacts, unitFacts } from '../systemd/facts.ts'
import { unitFindings } from '../systemd/findings.ts'
import { call, reload, restart, start, stop, taskCalls } from '../systemd/lifecycle.ts'
import { unitClaim } from '../systemd/names.ts'
import { recover } from '../systemd/recover.ts'
import { ownName, serving, type Service } from '../systemd/service.ts'
import { ownerFact } from '../systemd/whose/fact.ts'
import { unitsOf } from '../systemd/state.ts'
import { linesOf, logArgs } from '../systemd/tasks.ts'
import { lingers, showLog, showStatus } from '../systemd/watch.ts'
import { phasedRestart, workersFact } from './phased.ts'
import { settings, unitNames, type Settings } from './settings.ts'

type Context = StepsContext<Settings>
type On = { settings: Settings }

const on = ({ settings: { roles } }: On) => ({ roles })
const check = 'puma:check'
const here = ({ settings: { roles }, host }: Pick<Context, 'settings' | 'host'>) => roles.some((role) => host.has(role))
const unitsHere = (c: Context) => unitsOf(c.facts, unitNames(c.settings))

/**
 * Puma under systemd. With `defaultHooks`, it restarts Puma after the switch, or with `phased` replaces its workers one after the other; if
 * Puma is not running, it is started. A `socket` unit stays up meanwhile, and holds the requests that arrive.
 */
export const puma = defineRecipe({
  name: 'puma',
  settings,
  facts: (c: FactsContext<Settings>) => {
    if (!here(c)) return {}
    const { settings: s, host } = c
    const units = { ...unitFacts(s, unitNames(s), host.user), owner: ownerFact(s, unitNames(s), c.paths, host.user) }
    const asks = s.serviceUnitUser === 'system' && c.runs('puma:check')
    return { ...units, ...(asks && { rights: rights() }), ...(s.phased && { workers: workersFact(s, s.serviceUnitName, host.user) }) }
  },
  tasks: {
    start: { description: 'Start Puma', on, check, recover: 'puma:recover', steps: (c: Context) => start(named(c), unitsHere(c)) },
    stop: { description: 'Stop Puma', on, check, steps: (c: Context) => stop(named(c), unitsHere(c)) },
    restart: {
      description: 'Restart Puma',
      on,
      check,
      recover: 'puma:recover',
      rolling: ({ settings: s }: On) => s.rolling ?? undefined,
      steps: (c: Context) => restart(named(c), unitsHere(c), c.settings.rolling !== null),
    },
    reload: {
      description: "Let Puma load the new release by its unit's ExecReload, or phased",
      on,
      check,
      steps: (c: Context) => (c.settings.phased ? phased(c) : reload(named(c), unitsHere(c), 'reload')),
    },
    phased_restart: {
      description: 'Replace the workers of Puma one after the other',
      on,
      check,
      steps: (c: Context) => (c.settings.phased ? phased(c) : [notPhased(c)]),
    },
    status: {
      description: 'Show what systemd says of Puma',
      on,
      shows: true,
      steps: (c: Context) => [showStatus(named(c), unitNames(c.settings))],
    },
    log: {
      description: "Follow Puma's log",
      on,
      shows: true,
      args: logArgs,
      steps: (c: Context) => [showLog(named(c), [c.settings.serviceUnitName], linesOf(c))],
    },
    enable: {
      description: 'Let Puma start at boot',
      on,
      steps: (c: Context) => [call(named(c), 'enable', unitsHere(c)), c.settings.serviceUnitUser === 'user' && lingers(named(c))],
    },
    disable: { description: 'Let Puma not start at boot', on, steps: (c: Context) => [call(named(c), 'disable', unitsHere(c))] },
    recover: { on, steps: (c: Context) => recover(named(c), unitsHere(c), 'puma') },
    check: {
      on,
      steps: (c: Context) =>
        checkUnits(
          named(c),
          unitsHere(c),
          calls(c.settings).filter(({ optional }) => !optional),
        ),
    },
  },
  hooks: ({ settings: s }: On) =>
    s.defaultHooks
      ? {
          before: { 'deploy:check': 'puma:check' },
          after: { 'deploy:published': s.phased ? 'puma:phased_restart' : 'puma:restart' },
        }
      : {},
  claims: ({ settings: s, host }) => (here({ settings: s, host }) ? unitNames(s).map((name) => unitClaim(s, host, name)) : []),
  doctor: {
    facts: (c: FactsContext<Settings>) => (here(c) ? doctorFacts(c.settings, unitNames(c.settings), calls(c.settings), c.host.user) : {}),
    findings: (c: Context) => (here(c) ? unitFindings(named(c), unitNames(c.settings), calls(c.settings)) : []),
  },
})

const phased = (c: Context): Command[] => phasedRestart(named(c), unitsHere(c), c.settings.phasedTimeout)

const notPhased = ({ shipit }: Context): Command =>
  fail('Puma is not set up for phased restarts').hint(
    `say so when its config has workers, \`directory\` and no preload_app!: puma({ phased: true }). Else: ${shipit('puma:restart')}`,
  )

const calls = (s: Settings) =>
  taskCalls(unitNames(s), {
    all: ['start', 'stop', 'restart', s.phased ? 'phased' : 'reload'],
    hooked: s.defaultHooks ? [s.phased ? 'phased' : 'restart'] : [],
    apart: s.rolling !== null,
  })

const named = (c: Context) => serving(c, WORDS)

const WORDS: Service = {
  name: 'Puma',
  tasks: 'puma',
  scope: 'serviceUnitUser',
  own: (c) => `give this one a unit of its own (docs/systemd.md has one): puma({ serviceUnitName: '${ownName('puma', c)}' })`,
  install: ({ bin }) => `write it (docs/systemd.md has one), then ${bin} daemon-reload`,
  killed: { lost: 'requests may have been cut', timeout: 'TimeoutStopSec must be more than what Puma gives them (force_shutdown_after)' },
  notify: 'Type=notify needs Puma 5.1 or newer as the main process (write exec in ExecStart)',
  reload: ({ shipit }) =>
    `the unit has no ExecReload. Write one (ExecReload=/bin/kill -USR2 $MAINPID restarts Puma in place), or: ${shipit('puma:restart')}`,
}
