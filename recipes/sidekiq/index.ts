import { defineRecipe, warn } from '../../src/index.ts'
import type { StepList } from '../../src/index.ts'
import { logArgs } from '../systemd/tasks.ts'
import { drain, markDeploy, quieted, redisDoctor, some, verifyRelease } from './drain/index.ts'
import type { Asking, Context, Manager } from './manager.ts'
import { checkRoles, runsHere } from './roles.ts'
import { settings, type Settings } from './settings.ts'
import { signals } from './signals/index.ts'
import { status } from './status/index.ts'
import { claims } from './claims.ts'
import { sudoers } from './sudoers/index.ts'
import { leftQuiet, quietFindings, verifyAwake } from './quietness.ts'
import { installArgs } from './systemd/args.ts'
import { systemd } from './systemd/index.ts'
import { unheeded } from './unheeded.ts'
import { upstart } from './upstart/index.ts'

type On = { settings: Settings }
const MANAGERS: Readonly<Record<Settings['manager'], Manager>> = { systemd, upstart, signals }
const by = ({ settings: s }: On): Manager => MANAGERS[s.manager]

const on = ({ settings: { roles } }: On) => ({ roles })
const check = 'sidekiq:check'
/** With `rolling`, one share of the hosts at a time; the others keep fetching jobs. */
const rolling = ({ settings: s }: On) => (s.rolling === null ? undefined : { size: s.rolling })

/**
 * Runs Sidekiq under systemd, Upstart, or by signals alone. During a deploy (`defaultHooks`) it quiets the workers once all hosts have
 * passed the checks, waits for their jobs (`drain`), stops them when all hosts are ready, and starts them on the new release. After a
 * failure it restarts only what it quieted or stopped. With `rolling` it restarts them after the switch, share by share.
 */
export const sidekiq = defineRecipe({
  name: 'sidekiq',
  settings,
  facts: (c: Asking) => (runsHere(c) ? by(c).facts(c) : {}),
  tasks: {
    quiet: { description: 'Let Sidekiq take no new jobs', on, check, steps: (c: Context) => quieted(c, by(c).quiet(c)) },
    drain: { description: 'Wait until a quieted Sidekiq has no job left', on, steps: (c: Context) => drain(c, by(c)) },
    stop: { description: 'Stop Sidekiq', on, check, steps: (c: Context) => by(c).stop(c) },
    start: {
      description: 'Start Sidekiq',
      on,
      check,
      recover: 'sidekiq:recover',
      steps: (c: Context) => [start(c, by(c)), drifted(c, by(c))],
    },
    restart: {
      description: 'Restart Sidekiq',
      on,
      rolling,
      check,
      recover: 'sidekiq:recover',
      steps: (c: Context) => [restart(c, by(c)), drifted(c, by(c))],
    },
    status: { description: 'Show every Sidekiq process of the fleet', on, ...status(by) },
    log: { description: "Follow Sidekiq's log", on, shows: true, args: logArgs, steps: (c: Context) => by(c).log(c) },
    install: {
      description: "Write Sidekiq's units and enable them",
      on,
      shows: true,
      args: installArgs,
      steps: (c: Context) => by(c).install(c),
    },
    uninstall: { description: 'Stop Sidekiq and remove its units', on, shows: true, steps: (c: Context) => by(c).uninstall(c) },
    enable: { description: 'Let Sidekiq start at boot', on, steps: (c: Context) => by(c).enable(c) },
    disable: { description: 'Let Sidekiq not start at boot', on, steps: (c: Context) => by(c).disable(c) },
    sudoers: { description: 'Print the sudo rules that these tasks need; --install puts them in place', on, ...sudoers },
    mark_deploy: { description: "Mark the deploy in Sidekiq's metrics", on: primaryOf, steps: (c: Context) => markDeploy(c, by(c)) },
    // without `defaultHooks`, a stage without workers is fine
    check: { on: 'all', steps: (c: Context) => [c.settings.defaultHooks && checkRoles(c), runsHere(c) && by(c).check(c)] },
    recover: { on, steps: (c: Context) => by(c).recover(c) },
  },
  hooks: ({ settings: s }: On) => {
    if (!s.defaultHooks) return {}
    const drained = s.drain === null ? [] : ['sidekiq:drain']
    const marked = s.markDeploy ? ['sidekiq:mark_deploy'] : []
    if (s.rolling !== null)
      return {
        before: { 'deploy:check': 'sidekiq:check' },
        after: { 'deploy:published': ['sidekiq:restart', ...marked], 'deploy:failed': 'sidekiq:recover' },
      }
    return {
      before: { 'deploy:check': 'sidekiq:check', 'deploy:publishing': [...drained, 'sidekiq:stop'] },
      after: { 'deploy:starting': 'sidekiq:quiet', 'deploy:published': ['sidekiq:start', ...marked], 'deploy:failed': 'sidekiq:recover' },
    }
  },
  problems: unheeded,
  claims: ({ settings: s, host }) => (runsHere({ settings: s, host }) ? claims(s, host) : []),
  doctor: {
    facts: (c: Asking) => (runsHere(c) ? { ...by(c).doctor.facts(c), quiet: leftQuiet(c, by(c)), ...redisDoctor.facts(c, by(c)) } : {}),
    findings: (c: Context) => (runsHere(c) ? [...by(c).doctor.findings(c), ...quietFindings(c), ...redisDoctor.findings(c)] : []),
  },
})

/** A start leaves running processes alone, so a quiet one would stay quiet. */
const start = (c: Context, m: Manager): StepList => {
  const steps = m.start(c)
  return [proved(c, m, steps), !c.deploy.releasing && some(steps) && verifyAwake(c, m)]
}

/** With `rolling`, the processes of a host are also restarted one by one, and each is checked before the next. */
const restart = (c: Context, m: Manager): StepList => {
  const { rolling: share, configFiles, processes } = c.settings
  if (share === null) return restartAll(c, m)
  return Array.from({ length: configFiles.length * processes }, (_, only) => restartAll({ ...c, settings: { ...c.settings, only } }, m))
}

const restartAll = (c: Context, m: Manager): StepList => [
  c.settings.drain === null ? [] : [quieted(c, m.quiet(c)), drain(c, m)],
  proved(c, m, m.restart(c)),
]

/** The steps that start processes, then the check that they run from this release. `signals` has that check already. */
const proved = (c: Context, m: Manager, steps: StepList): StepList => (some(steps) && m !== signals ? [steps, verifyRelease(c, m)] : steps)

/** Warns about config changes that are not installed and so have no effect. */
const drifted = (c: Context, m: Manager): StepList => {
  const found = m.drift?.(c) ?? []
  const text = found.map(({ message, remedy }) => `${message}: ${remedy}`)
  return [found.length > 0 && warn(text).title('compare what is installed with the config')]
}

function primaryOf({ settings: { roles } }: On) {
  return { roles, primary: true as const }
}
