import { assignment, execWord, literal } from '../sidekiq/systemd/quote.ts'
import { fileNames, unitNames } from '../sidekiq/units.ts'
import type { EbFile, EbPlan } from './plan.ts'
import { quietHook, restartHook } from './hooks.ts'

/**
 * For Amazon Linux 2 and 2023: a unit for each config file, and the same two scripts for deployments and for changes of the
 * configuration. Quiet as late as it can be, when the build has ended well: no hook runs when a deployment fails.
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

/** `bash -l` has the Ruby of the platform in its PATH, and gives way to Sidekiq, so that the main process is Sidekiq. */
const unitText = (plan: EbPlan, unit: { readonly name: string; readonly configFile: string }): string => {
  const template = unit.name.includes('@.')
  const words = [
    ...(plan.bundlePath === null ? ['/bin/bash', '-lc', 'exec "$@"', 'sidekiq', 'bundle'] : [plan.bundlePath]),
    'exec',
    'sidekiq',
    ...(plan.railsEnv === null ? [] : ['-e', plan.railsEnv]),
    ...(unit.configFile === 'sidekiq.yml' ? [] : ['-C', `config/${unit.configFile}`]),
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
Environment=${assignment('RACK_ENV', plan.railsEnv ?? 'production')} ${assignment('MALLOC_ARENA_MAX', 2)}
# the properties of the environment; they win over what stands above
EnvironmentFile=/opt/elasticbeanstalk/deployment/env
ExecStart=${words.map(execWord).join(' ')}
ExecReload=/bin/kill -${plan.quietSignal} $MAINPID
KillMode=mixed
TimeoutStopSec=${plan.killTimeout}
Restart=always
RestartSec=1
UMask=0002
SyslogIdentifier=${unit.name.replace(/@?\.service$/, '')}${template ? '-%i' : ''}

[Install]
WantedBy=multi-user.target
`
}
