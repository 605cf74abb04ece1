import { sh } from '../../../src/index.ts'
import type { Command, Paths } from '../../../src/index.ts'
import type { ScopeSettings } from '../scope.ts'
import { within } from './within.ts'

/**
 * The fact that tells whose the units are: what `systemctl show` knows of their folders (any user may ask), the first line of their files,
 * and the folders of their processes. After `--`, the same for the units that they start or restart too.
 */
export const ownerFact = (settings: ScopeSettings, names: readonly string[], paths: Paths, login?: string): Command => {
  const { systemctlBin: bin, user } = settings
  const other = settings.serviceUnitUser === 'user' && user !== null && user !== login
  const ctl = settings.serviceUnitUser === 'system' ? [bin] : [bin, '--user']
  const session = settings.serviceUnitUser === 'system' ? [] : sh`export XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}";`
  const tag = other ? sh.as(user) : sh
  return tag`${session} ${within(paths, other)}
look() {
  while IFS= read -r line; do
    value=\${line#*=} value=\${value#[-!]}
    # without one, a user's own systemd names the home of its user
    if [ "$line" = "WorkingDirectory=!$HOME" ]; then continue; fi
    case $line in
      (WorkingDirectory=*/*) printf 'Within=%s\n' "$(within "$value")" ;;
      (FragmentPath=/*) printf 'Mark=%s\n' "$(sed -n 1p "$value" 2>/dev/null)" ;;
      (MainPID=[1-9]*) if cwd=$(readlink "/proc/$value/cwd" 2>/dev/null); then printf 'Cwd=%s\n' "$(within "$cwd")"; fi ;;
    esac
    printf '%s\n' "$line"
  done
}
show() { ${ctl} show -p ${SHOWN.join(',')} "$@"; }
said=$(show ${names})
printf '%s\n' "$top" ${names.join(' ')}
printf '%s\n' "$said" | look
more=$(printf '%s\n' "$said" | sed -n -e 's/^Triggers=//p' -e 's/^ConsistsOf=//p')
if [ -n "$more" ]; then echo --; show $more | look; fi
`.probe()
}

const SHOWN = ['Id', 'LoadState', 'FragmentPath', 'WorkingDirectory', 'MainPID', 'ExecStart', 'Triggers', 'ConsistsOf']
