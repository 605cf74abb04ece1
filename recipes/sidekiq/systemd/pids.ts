import { sh } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { scoped, systemctl } from '../../systemd/systemctl.ts'
import type { Context } from '../manager.ts'
import { unitNames } from '../units.ts'

/** Prints a line `NAME PID` for every unit, in order. For sidekiqswarm, which only forks, one for each of its children. */
export const pids = (c: Context): Command => {
  const show = [...systemctl(c), 'show', '--value', '-p']
  const children = c.settings.command.endsWith('swarm')
    ? sh`if [ "$pid" != 0 ]; then for child in $(pgrep -P "$pid"); do printf '%s %s\n' "$unit" "$child"; done; continue; fi`
    : sh`:`
  return scoped(c)`for unit in ${unitNames(c.settings)}; do
  pid=$(${[...show, 'MainPID']} "$unit")
  ${children}
  printf '%s %s\n' "$unit" "$pid"
done`
}
