import { sh } from '../../../src/index.ts'
import type { Command, Finding } from '../../../src/index.ts'
import { doctorFacts, show } from '../../systemd/facts.ts'
import { unitFindings } from '../../systemd/findings.ts'
import type { Asking, Manager } from '../manager.ts'
import { unitNames } from '../units.ts'
import { callsOf } from './calls.ts'
import { rights } from '../../sudo/allowed.ts'
import { fileFacts } from './facts.ts'
import { fileFindings } from './drift.ts'
import { asOwner, readHost } from './host.ts'
import { processFindings } from './processes.ts'
import { sudoFindings } from './sudo.ts'
import { settingFindings } from './unit-findings.ts'

/** Finds problems with the units, with what they run, and with sudo rights. */
export const doctor: Manager['doctor'] = {
  facts: (c) => {
    const names = unitNames(c.settings)
    const login = c.host.user
    return {
      ...doctorFacts(c.settings, names, callsOf(c.settings), login),
      ...fileFacts(c),
      host: readHost(c),
      more: show(c.settings, MORE, names, login),
      runs: processes(c, names),
      ...(c.settings.serviceUnitUser === 'system' && { rights: rights() }),
    }
  },
  findings: (c): readonly Finding[] => [
    ...sudoFindings(c),
    ...unitFindings(c, unitNames(c.settings), []),
    ...settingFindings(c),
    ...processFindings(c),
    ...fileFindings(c),
  ],
}

const MORE =
  'Id LoadState ExecStart ExecReload ExecStop TimeoutStopUSec KillSignal KillMode SendSIGKILL User WatchdogUSec Type Restart'.split(' ')

/**
 * For each unit: its main process and that process's children by name (`comm UNIT NAME CHILD …`), and any missing log folders and
 * environment files.
 */
const processes = (c: Asking, names: readonly string[]): Command => {
  const user = c.settings.serviceUnitUser === 'user'
  const tag = user ? asOwner(c) : sh
  return tag`
ctl() { ${user ? sh`XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)} ${c.settings.systemctlBin} --user` : sh`${c.settings.systemctlBin}`} "$@"; }
for unit in ${names}; do
  pid=$(ctl show --value -p MainPID "$unit")
  if [ "\${pid:-0}" != 0 ]; then
    comm="comm $unit $(cat "/proc/$pid/comm")"
    for child in $(cat "/proc/$pid/task/$pid/children"); do comm="$comm $(cat "/proc/$child/comm")"; done
    printf '%s\n' "$comm"
  fi 2>/dev/null
  ctl cat --no-pager "$unit" 2>/dev/null | sed 's/%%/%/g' | while IFS= read -r line; do
    case $line in
      StandardOutput=append:/* | StandardOutput=file:/* | StandardError=append:/* | StandardError=file:/*)
        file=\${line#*:}; [ -d "\${file%/*}" ] || printf 'folder %s %s\n' "$unit" "\${file%/*}" ;;
      EnvironmentFile=/*) [ -e "\${line#*=}" ] || printf 'file %s %s\n' "$unit" "\${line#*=}" ;;
    esac
  done
done
`.probe()
}
