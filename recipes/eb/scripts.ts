import type { EbPlan } from './plan.ts'
import { word } from './shell.ts'

/**
 * What the job runs. `chroot --userspec` changes the user and execs its command, so the process that Upstart knows is Sidekiq. su and
 * runuser would stay as its parent, and kill it two seconds after TERM.
 */
export const runScript = (plan: EbPlan): string => `#!/bin/bash
# ${plan.mark}
#
# Sidekiq, in the environment of the application and as its user.
set -e

logs=/var/app/containerfiles/logs
mkdir -p "$logs"
exec >> "$logs/${plan.serviceUnitName}.log" 2>&1 < /dev/null

setting() { /opt/elasticbeanstalk/bin/get-config container -k "$1"; }

. "$(setting support_dir)/envvars"
. "$(setting script_dir)/use-app-ruby.sh"

user=${word(plan.user)}
app=$(setting app_deploy_dir)
HOME=$(getent passwd "$user" | cut -d: -f6)
export HOME MALLOC_ARENA_MAX=2 PATH=$PATH:/usr/sbin:/sbin
${plan.railsEnv === null ? 'env=${RAILS_ENV:-${RACK_ENV:-production}}' : `env=${word(plan.railsEnv)}`}
export RAILS_ENV=$env RACK_ENV=$env
${Object.entries(plan.env)
  .map(([name, value]) => `export ${name}=${word(String(value))}\n`)
  .join('')}${plan.umask === null || plan.umask === '0002' ? '' : `umask ${plan.umask}\n`}
# older ones go to / by themselves, and so the folder comes after it
exec chroot --userspec="$user" --groups="$(id -G "$user" | tr ' ' ',')" / /bin/bash -c 'cd "$1" && shift && exec "$@"' sidekiq "$app" \\
  ${plan.bundlePath === null ? 'bundle' : word(plan.bundlePath)} exec ${word(plan.command)} -e "$env" -C "$1"${plan.args.map((one) => ` ${word(one)}`).join('')} -t ${plan.timeout}${plan.shellArgs.map((one) => ` ${one}`).join('')}
`

const PID_OF = `pid_of() { initctl status $1 2>&1 | sed -n '1s/^.* start\\/running, process \\([0-9][0-9]*\\)$/\\1/p'; }`

/** Runs before a deployment's last step. Signals the process itself: this version of Upstart would send HUP. */
export const quietHook = (plan: EbPlan, jobs: readonly string[]): string => `#!/bin/bash
# ${plan.mark}
#
# Lets Sidekiq take no new jobs.
export LC_ALL=C PATH=$PATH:/sbin:/usr/sbin

${PID_OF}

for job in ${jobs.map(word).join(' ')}; do
  pid=$(pid_of "$job")
  if [ -z "$pid" ]; then
    echo "$job does not run: nothing to quiet"
    continue
  fi
  if ! kill -s ${plan.quietSignal} "$pid"; then
    # it may have ended by itself since
    if [ "$(pid_of "$job")" = "$pid" ]; then exit 1; fi
  fi
  echo "$job: quiet, process $pid"
${recover(plan)}done
exit 0
`

const recover = ({ recoverAfter }: EbPlan): string =>
  recoverAfter === 0
    ? ''
    : `  # when the deployment fails from here on, nothing else restarts it
  setsid /bin/bash -c 'sleep ${recoverAfter}
    case $(initctl status $1 2>&1) in (*" process $2") initctl stop $1; initctl start $1 ;; esac' quieted "$job" "$pid" > /dev/null 2>&1 < /dev/null &
`

/**
 * Runs after a deployment. Stops and starts the job, because a restart keeps the definition that it was started with, and fails if nothing
 * is running. Sidekiq's title, `sidekiq 5.2.7 current [0 of 25 busy]`, shows that it is up.
 */
export const restartHook = (plan: EbPlan, jobs: readonly string[]): string => `#!/bin/bash
# ${plan.mark}
#
# Puts Sidekiq on what was deployed. It fails, and the deployment with it, when Sidekiq does not come up.
export LC_ALL=C PATH=$PATH:/sbin:/usr/sbin

${PID_OF}
fail() {
  echo "$1" >&2
  tail -n 25 /var/app/containerfiles/logs/${plan.serviceUnitName}.log >&2
  exit 1
}
stop() {
  said=$(initctl stop $1 2>&1) && { echo "$said"; return 0; }
  case $said in (*'Unknown instance'*) echo "$1 does not run"; return 0 ;; esac
  echo "$said" >&2
  return 1
}

jobs=(${jobs.map(word).join(' ')})
# all at once: each may take its whole time
stops=()
for job in "\${jobs[@]}"; do stop "$job" & stops+=($!); done
for one in "\${stops[@]}"; do wait "$one" || fail 'Sidekiq does not stop'; done

for job in "\${jobs[@]}"; do
  said=$(initctl start $job 2>&1) || fail "$said"
  echo "$said"
done

for job in "\${jobs[@]}"; do
  pid=$(pid_of "$job")
  seconds=0
  while :; do
    if [ -z "$pid" ] || [ "$(pid_of "$job")" != "$pid" ]; then fail "$job ended while it came up: $(initctl status $job 2>&1)"; fi
    if [ "$seconds" -ge 3 ] && tr '\\0' '\\n' < "/proc/$pid/cmdline" | grep -qE '^sidekiq [0-9]'; then break; fi
    if [ "$seconds" -ge 60 ]; then fail "$job: process $pid is not up after 60 s"; fi
    sleep 1
    seconds=$((seconds + 1))
  done
  echo "$job is up, process $pid"
done
`
