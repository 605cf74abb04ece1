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

/** A login shell for its PATH, and a shell for what one has to read: the properties of the environment are in its own. */
const shellOf = ({ bundlePath, loginShell, shellArgs }: EbPlan): readonly string[] => {
  const login = bundlePath === null || loginShell
  if (!login && shellArgs.length === 0) return []
  return ['/bin/bash', login ? '-lc' : '-c', ['exec "$@"', ...shellArgs].join(' '), 'sidekiq']
}
