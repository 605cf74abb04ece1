import { fileNames, unitNames } from '../sidekiq/services.ts'
import { assignment, execLine, literal } from '../systemd/services.ts'
import { quietHook, RESTART, script } from './hooks.ts'
import type { EbFile, EbPlan } from './plan.ts'
import { words } from './ebextensions.ts'

/**
 * For Amazon Linux 2 and 2023: a unit for each config file, and the same two scripts for deployments and for changes of the configuration.
 * Sidekiq is quieted as late as possible, once the build has succeeded, because no hook runs when a deployment fails.
 */
export const systemdFiles = (plan: EbPlan): readonly EbFile[] => {
  const { prefix, serviceUnitName: name } = plan
  const hooks = ['hooks', 'confighooks'].flatMap((kind): EbFile[] => [
    { path: `.platform/${kind}/predeploy/${prefix}_quiet_${name}.sh`, text: quiet(plan), executable: true },
    { path: `.platform/${kind}/postdeploy/${prefix}_restart_${name}.sh`, text: restart(plan), executable: true },
  ])
  return [...fileNames(plan).map((unit) => ({ path: `.platform/sidekiq/${unit.name}`, text: unitText(plan, unit) })), ...hooks]
}

/** `bash -l` has the platform's Ruby in its PATH. It execs Sidekiq, so that Sidekiq is the main process. */
const unitText = (plan: EbPlan, unit: { readonly name: string; readonly configFile: string }): string => {
  const template = unit.name.includes('@.')
  const words = [
    ...shellOf(plan),
    plan.bundlerPath ?? 'bundle',
    'exec',
    plan.command,
    ...(plan.railsEnv === null ? [] : ['-e', plan.railsEnv]),
    ...(unit.configFile === 'sidekiq.yml' ? [] : ['-C', `config/${unit.configFile}`]),
    ...plan.args,
    '-t',
    String(plan.timeout),
  ]
  const which = `${unit.configFile === 'sidekiq.yml' ? '' : ` ${literal(unit.configFile)}`}${template ? ' %i' : ''}`
  return `# ${plan.header}
[Unit]
Description=${literal(plan.description)}${which}
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
ExecStart=${execLine(words)}
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
const shellOf = ({ bundlerPath, loginShell, shellArgs }: EbPlan): readonly string[] => {
  const login = bundlerPath === null || loginShell
  if (!login && shellArgs.length === 0) return []
  return ['/bin/bash', login ? '-lc' : '-c', ['exec "$@"', ...shellArgs].join(' '), 'sidekiq']
}

/** Amazon Linux 2 has systemd 219, which lacks `show --value` and knows `--kill-who` only by this name. */
const PID_OF = `pid_of() { systemctl show -p MainPID "$1" | sed 's/^MainPID=//'; }`

const quiet = (plan: EbPlan): string =>
  quietHook(plan, {
    kind: 'unit',
    names: unitNames(plan),
    setup: `set -eu\n\n${PID_OF}`,
    signal: `systemctl kill --kill-who=main -s ${plan.quietSignal} "$unit"`,
    recover: `  systemd-run --unit="quieted-$pid-$(date +%s)" --on-active=${plan.settings.recoverAfter} /bin/bash -c \\
    'if [ "$(systemctl show -p MainPID "$1")" = "MainPID=$2" ]; then systemctl restart "$1"; fi' quieted "$unit" "$pid" ||
    echo "$unit: if this deployment fails, restart it by hand: systemctl restart $unit" >&2
`,
  })

/** Runs after the new version is put in place. */
const restart = (plan: EbPlan): string => `${script(plan, RESTART)}set -eu

units=(${words(unitNames(plan))})
from=$(cd "$(dirname "$0")/../../sidekiq" && pwd)
${PID_OF}
show_logs() {
  systemctl status --no-pager --full "\${units[@]}" >&2 || true
  for unit in "\${units[@]}"; do journalctl --no-pager -n 25 -u "$unit" >&2 || true; done
}

changed=
for file in ${words(fileNames(plan).map(({ name }) => name))}; do
  if ! cmp -s "$from/$file" "/etc/systemd/system/$file"; then
    install -m 0644 "$from/$file" "/etc/systemd/system/$file"
    changed=1
  fi
done
if [ -n "$changed" ]; then systemctl daemon-reload; fi
systemctl enable "\${units[@]}"

# all at once: each may take its whole time
systemctl stop "\${units[@]}"
for unit in "\${units[@]}"; do
  case $(systemctl show -p Result "$unit") in
    *=timeout | *=signal | *=core-dump | *=oom-kill)
      echo "$unit was killed before it had ended: jobs may be lost" >&2
      ;;
  esac
  systemctl reset-failed "$unit" 2>/dev/null || true
done

if ! systemctl start "\${units[@]}"; then
  echo 'Sidekiq does not start' >&2
  show_logs
  exit 1
fi

pids=()
for unit in "\${units[@]}"; do pids+=("$(pid_of "$unit")"); done
sleep ${plan.notify ? 3 : 10}
for i in "\${!units[@]}"; do
  if [ "\${pids[$i]}" = 0 ] || [ "$(pid_of "\${units[$i]}")" != "\${pids[$i]}" ]; then
    echo "\${units[$i]} ended after it had been started" >&2
    show_logs
    exit 1
  fi
  echo "\${units[$i]} is up, process \${pids[$i]}"
done
`
