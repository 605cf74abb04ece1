import { defineRecipe, fail, warn } from '../../src/index.ts'
import type { RunContext, StepList, StepsContext } from '../../src/index.ts'
import { sudoersTask } from '../../src/kit/index.ts'
import { installArgs, logArgs } from '../systemd/services.ts'
import { redisDoctor } from './drain/doctor.ts'
import { drain, hasSteps, markDeploy, quieted } from './drain/index.ts'
import type { Asking, Context, Manager } from './manager.ts'
import { processStatus } from './process-status.ts'
import { leftQuiet, quietFindings, verifyAwake } from './quietness.ts'
import { verifyRelease } from './release.ts'
import { settings, unusedSettings } from './settings.ts'
import type { Settings } from './settings.ts'
import { signals } from './signals/index.ts'
import { sudoersRules } from './sudoers.ts'
import { systemd } from './systemd/index.ts'
import { upstart } from './upstart/index.ts'

type On = { settings: Settings }
const MANAGERS: Readonly<Record<Settings['manager'], Manager>> = { systemd, upstart, signals }
const by = ({ settings: s }: On): Manager => MANAGERS[s.manager]

const on = ({ settings: { roles } }: On) => ({ roles })
const check = 'sidekiq:check'
const recover = 'sidekiq:recover'

/**
 * Runs Sidekiq under systemd, Upstart, or by signals alone. During a deploy (`defaultHooks`) it quiets the workers once all hosts have
 * passed the checks, waits for their jobs (`drain`), stops them when all hosts are ready, and starts them on the new release. After a
 * failure it restarts only what it quieted or stopped. With `rolling` it restarts them after the switch, share by share.
 */
export const sidekiq = defineRecipe({
  name: 'sidekiq',
  settings,
  facts: (c: Asking) => runsHere(c) && by(c).facts(c),
  tasks: {
    quiet: { description: 'Quiet Sidekiq: it takes no new jobs', on, check, steps: (c: Context) => quieted(c, by(c).quiet(c)) },
    drain: { description: 'Wait until a quiet Sidekiq has no jobs left', on, steps: (c: Context) => drain(c, by(c)) },
    stop: { description: 'Stop Sidekiq', on, check, steps: (c: Context) => by(c).stop(c) },
    start: { description: 'Start Sidekiq', on, check, recover, steps: (c: Context) => [start(c, by(c)), warnOfDrift(c, by(c))] },
    restart: {
      description: 'Restart Sidekiq',
      on,
      // with `rolling`, one share of the hosts at a time; the others keep taking jobs
      rolling: ({ settings: s }: On) => (s.rolling === null ? undefined : { size: s.rolling }),
      check,
      recover,
      steps: (c: Context) => [restart(c, by(c)), warnOfDrift(c, by(c))],
    },
    // a `run`, because it reads before it prints; its schemas, and those of the recipes whose limits it shows, are for it alone
    status: {
      description: 'Show every Sidekiq process of the fleet',
      on,
      shows: true,
      run: async (c: RunContext<Settings>) => (await import('./status.ts')).showStatus(c, by(c)),
    },
    log: { description: "Follow Sidekiq's log", on, shows: true, args: logArgs, steps: (c: Context) => by(c).log(c) },
    install: {
      description: "Write Sidekiq's units and enable them",
      on,
      shows: true,
      args: installArgs,
      steps: (c: Context) => by(c).install(c),
    },
    uninstall: { description: 'Stop Sidekiq and remove its units', on, shows: true, steps: (c: Context) => by(c).uninstall(c) },
    enable: { description: 'Start Sidekiq at boot', on, steps: (c: Context) => by(c).enable(c) },
    disable: { description: 'Do not start Sidekiq at boot', on, steps: (c: Context) => by(c).disable(c) },
    sudoers: { description: 'Print the sudo rules that these tasks need; --install installs them', on, ...sudoersTask(sudoersRules) },
    mark_deploy: {
      description: "Mark the deploy in Sidekiq's metrics",
      on: ({ settings: { roles } }: On) => ({ roles, primary: true as const }),
      steps: (c: Context) => markDeploy(c, by(c)),
    },
    // without `defaultHooks`, a stage without workers is fine
    check: { on: 'all', steps: (c: Context) => [c.settings.defaultHooks && checkRoles(c), runsHere(c) && by(c).check(c)] },
    recover: { on, steps: (c: Context) => by(c).recover(c) },
  },
  hooks: ({ settings: { defaultHooks, drain: drains, markDeploy: marks, rolling } }: On) => {
    if (!defaultHooks) return {}
    const marked = marks ? ['sidekiq:mark_deploy'] : []
    return rolling !== null
      ? { before: { 'deploy:check': check }, after: { 'deploy:published': ['sidekiq:restart', ...marked], 'deploy:failed': recover } }
      : {
          before: { 'deploy:check': check, 'deploy:publishing': [...(drains === null ? [] : ['sidekiq:drain']), 'sidekiq:stop'] },
          after: { 'deploy:starting': 'sidekiq:quiet', 'deploy:published': ['sidekiq:start', ...marked], 'deploy:failed': recover },
        }
  },
  status: (c: Asking) => runsHere(c) && (by(c).status?.(c) ?? processStatus(c, by(c))),
  problems: unusedSettings,
  // with the other managers it writes to a file
  logs: (c) => (runsHere(c) ? (by(c).logs?.(c) ?? {}) : {}),
  claims: (c) => (runsHere(c) ? by(c).claims(c.settings, c.host) : []),
  doctor: {
    facts: (c: Asking) => runsHere(c) && { ...by(c).doctor.facts(c), quiet: leftQuiet(c, by(c)), ...redisDoctor.facts(c, by(c)) },
    findings: (c: Context) => (runsHere(c) ? [...by(c).doctor.findings(c), ...quietFindings(c), ...redisDoctor.findings(c)] : []),
  },
})

/** A start leaves running processes alone, so a quiet one would stay quiet. */
const start = (c: Context, m: Manager): StepList => {
  const steps = m.start(c)
  return [thenVerified(c, m, steps), !c.deploy.releasing && hasSteps(steps) && verifyAwake(c, m)]
}

/** With `rolling`, the processes of a host are also restarted one by one, and each is checked before the next. */
const restart = (c: Context, m: Manager): StepList => {
  const { rolling: share, configFiles, processes } = c.settings
  if (share === null) return restartAll(c, m)
  return Array.from({ length: configFiles.length * processes }, (_, only) => restartAll({ ...c, settings: { ...c.settings, only } }, m))
}

const restartAll = (c: Context, m: Manager): StepList => [
  c.settings.drain === null ? [] : [quieted(c, m.quiet(c)), drain(c, m)],
  thenVerified(c, m, m.restart(c)),
]

/** The steps that start processes, then the check that they run from this release. */
const thenVerified = (c: Context, m: Manager, steps: StepList): StepList =>
  hasSteps(steps) && !m.verifiesRelease ? [steps, verifyRelease(c, m)] : steps

/** Warns about config changes that are not installed and so have no effect. */
const warnOfDrift = (c: Context, m: Manager): StepList => {
  const findings = m.drift?.(c) ?? []
  const texts = findings.map(({ message, remedy }) => `${message}: ${remedy}`)
  return [texts.length > 0 && warn(texts).title('compare what is installed with the config')]
}

/** Whether this host has one of the roles that Sidekiq runs on. */
const runsHere = ({ settings: { roles }, host }: Pick<StepsContext<Settings>, 'settings' | 'host'>): boolean =>
  roles.some((role) => host.has(role))

/** Fails, on the first host, if no host of the stage has one of the roles: Sidekiq would run nowhere. */
const checkRoles = (c: StepsContext<Settings>): StepList => {
  const { roles } = c.settings
  if (roles.length === 0 || c.primary({ roles }) || c.hosts('all')[0]?.name !== c.host.name) return []
  return [
    fail(`sidekiq: no server of ${c.stage} has the role ${roles.join(' or ')}`).hint(
      "set where Sidekiq runs: sidekiq({ roles: ['app'] }), or roles: [] for a stage without it",
    ),
  ]
}
