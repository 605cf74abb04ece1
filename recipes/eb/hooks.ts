import type { EbPlan } from './plan.ts'
import { words } from './shell.ts'

/** Amazon Linux 2 has systemd 219, which lacks `show --value` and knows `--kill-who` only by this name. */
const PID_OF = `pid_of() { systemctl show -p MainPID "$1" | sed 's/^MainPID=//'; }`

/** Runs before the new version is put in place. */
export const quietHook = (plan: EbPlan, units: readonly string[]): string => `#!/bin/bash
# ${plan.mark}
#
# Lets Sidekiq take no new jobs.
set -eu

${PID_OF}

for unit in ${words(units)}; do
  pid=$(pid_of "$unit")
  if [ "\${pid:-0}" = 0 ]; then
    echo "$unit does not run: nothing to quiet"
    continue
  fi
  if ! systemctl kill --kill-who=main -s ${plan.quietSignal} "$unit"; then
    # it may have ended by itself since
    if [ "$(pid_of "$unit")" = "$pid" ]; then exit 1; fi
  fi
  echo "$unit: quiet, process $pid"
${recover(plan)}done
`

/** A quieted Sidekiq does nothing until it is restarted, and no hook runs when a deployment fails, so a timer restarts it. */
const recover = ({ recoverAfter }: EbPlan): string =>
  recoverAfter === 0
    ? ''
    : `  # when the deployment fails from here on, nothing else restarts it
  systemd-run --unit="quieted-$pid-$(date +%s)" --on-active=${recoverAfter} /bin/bash -c \\
    'if [ "$(systemctl show -p MainPID "$1")" = "MainPID=$2" ]; then systemctl restart "$1"; fi' quieted "$unit" "$pid" ||
    echo "$unit: if this deployment fails, restart it by hand: systemctl restart $unit" >&2
`

/** Runs after the new version is put in place. */
export const restartHook = (plan: EbPlan, units: readonly string[], files: readonly string[]): string => `#!/bin/bash
# ${plan.mark}
#
# Puts the units in place, and Sidekiq on what was deployed. It fails, and the deployment with it, when Sidekiq does not come up.
set -eu

units=(${words(units)})
from=$(cd "$(dirname "$0")/../../sidekiq" && pwd)
${PID_OF}
tell() {
  systemctl status --no-pager --full "\${units[@]}" >&2 || true
  for unit in "\${units[@]}"; do journalctl --no-pager -n 25 -u "$unit" >&2 || true; done
}

changed=
for file in ${words(files)}; do
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
  tell
  exit 1
fi

pids=()
for unit in "\${units[@]}"; do pids+=("$(pid_of "$unit")"); done
sleep ${plan.notify ? 3 : 10}
for i in "\${!units[@]}"; do
  if [ "\${pids[$i]}" = 0 ] || [ "$(pid_of "\${units[$i]}")" != "\${pids[$i]}" ]; then
    echo "\${units[$i]} ended after it had been started" >&2
    tell
    exit 1
  fi
  echo "\${units[$i]} is up, process \${pids[$i]}"
done
`
