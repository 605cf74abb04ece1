import { assignment, execWord, literal } from '../sidekiq/systemd/quote.ts'
import { fileNames, unitNames } from '../sidekiq/units.ts'
import type { EbFile, EbPlan } from './plan.ts'
import { quietHook, restartHook } from './hooks.ts'

/**
 * For Amazon Linux 2 and 2023: a unit for each config file, and the same two scripts for deployments and for changes of the configuration.
 * Sidekiq is quieted as late as possible, once the build has succeeded, because no hook runs when a deployment fails.
 */
export const systemdFiles = (plan: EbPlan): readonly EbFile[] => {
  const name = plan.serviceUnitName
  const units = fileNames(plan)
  const hooks = ['hooks', 'confighooks'].flatMap((kind): EbFile[] => [
    { path: `.platform/${kind}/predeploy/${plan.prefix}_quiet_${name}.sh`, text: quietHook(plan, unitNames(plan)), executable: true },
    {
      path: `.platform/${kind}/postdeploy/${plan.prefix}_restart_${name}.sh`,
      text: restartHook(
        plan,
        unitNames(plan),
        units.map((unit) => unit.name),
      ),
      executable: true,
    },
  ])
  return [...units.map((unit) => ({ path: `.platform/sidekiq/${unit.name}`, text: unitText(plan, unit) })), ...hooks]
}

/** `bash -l` has the platform's Ruby in its PATH. It execs Sidekiq, so that Sidekiq is the main process. */
const unitText = (plan: EbPlan, unit: { readonly name: string; readonly configFile: string }): string => {
  const template = unit.name.includes('@.')
  const words = [
    ...shellOf(plan),
    plan.bundlePath ?? 'bundle',
    'exec',
    plan.command,
    ...(plan.railsEnv === null ? [] : ['-e', plan.railsEnv]),
    ...(unit.configFile === 'sidekiq.yml' ? [] : ['-C', `config/${unit.configFile}`]),
    ...plan.args,
    '-t',
    String(plan.timeout),
  ]
  const which = `${unit.configFile === 'sidekiq.yml' ? '' : ` ${literal(unit.configFile)}`}${template ? ' %i' : ''}`
  return `# ${plan.mark}
[Unit]
Description=${literal(plan.what)}${which}
After=network.target

[Service]
Type=${plan.notify ? 'notify' : 'simple'}
User=${plan.user}
WorkingDirectory=/var/app/current
Environment=${assignment('RACK_ENV', plan.railsEnv ?? 'production')} ${assignment('MALLOC_ARENA_MAX', 2)}${Object.entries(plan.env)
    .map(([name, value]) => ` ${assignment(name, value)}`)
    .join('')}
# the properties of the environment; they win over what stands above
EnvironmentFile=/opt/elasticbeanstalk/deployment/env
ExecStart=${words.map(execWord).join(' ')}
ExecReload=/bin/kill -${plan.quietSignal} $MAINPID
KillMode=mixed
TimeoutStopSec=${plan.killTimeout}
Restart=always
RestartSec=1
${plan.umask === null ? '' : `UMask=${plan.umask}\n`}SyslogIdentifier=${unit.name.replace(/@?\.service$/, '')}${template ? '-%i' : ''}

[Install]
WantedBy=multi-user.target
`
}

/** A login shell if its PATH is needed; a plain shell if only `shellArgs` need one: it expands the environment's properties. */
const shellOf = ({ bundlePath, loginShell, shellArgs }: EbPlan): readonly string[] => {
  const login = bundlePath === null || loginShell
  if (!login && shellArgs.length === 0) return []
  return ['/bin/bash', login ? '-lc' : '-c', ['exec "$@"', ...shellArgs].join(' '), 'sidekiq']
}
