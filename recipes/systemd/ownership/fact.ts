import { fact, sh } from '../../../src/index.ts'
import type { Command, Fact, Paths, ProbeResult } from '../../../src/index.ts'
import type { Owners } from '../known.ts'
import type { Properties } from '../properties.ts'
import type { ScopeSettings } from '../scope.ts'
import { withinFunction } from './within.ts'

/**
 * The fact that shows who owns the units: what `systemctl show` knows about their folders (any user may ask), the first line of their files,
 * and the folders of their processes. After `--`, the same for the units that they start or restart too.
 */
export const ownerFact = (settings: ScopeSettings, names: readonly string[], paths: Paths, login?: string): Fact<Owners> => {
  const { user } = settings
  const other = settings.serviceUnitUser === 'user' && user !== null && user !== login
  const tag = other ? sh.as(user) : sh
  return fact(
    tag`${ownersFunction(settings, paths, other)}
owners ${names}`,
    parseOwners,
  )
}

/** Shell function `owners NAME …`: prints what {@link parseOwners} reads. `viaSudo`: another user runs it. */
export const ownersFunction = (settings: ScopeSettings, paths: Paths, viaSudo: boolean): Command => {
  const { systemctlBin: bin } = settings
  const ctl = settings.serviceUnitUser === 'system' ? [bin] : [bin, '--user']
  const session = settings.serviceUnitUser === 'system' ? [] : sh`export XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}";`
  return sh`${session} ${withinFunction(paths, viaSudo)}
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
owners() {
output=$(show "$@")
printf '%s\n' "$top" "$*"
printf '%s\n' "$output" | look
more=$(printf '%s\n' "$output" | sed -n -e 's/^Triggers=//p' -e 's/^ConsistsOf=//p')
if [ -n "$more" ]; then echo --; show $more | look; fi
}`
}

const SHOWN = ['Id', 'LoadState', 'FragmentPath', 'WorkingDirectory', 'MainPID', 'ExecStart', 'Triggers', 'ConsistsOf']

/** Parses what `ownerFact` prints. */
export const parseOwners = ({ ok, stdout, stderr }: ProbeResult): Owners => {
  if (!ok) return { stderr: stderr.trim() || 'the host did not say' }
  const [top = '', asked = '', ...rest] = stdout.split('\n')
  const names = asked.split(' ')
  const [own = '', along = ''] = rest.join('\n').split(/^--$/m)
  return { top, units: blocks(own).map((of, i) => ({ name: names[i] ?? of.get('Id') ?? '', properties: of })), along: blocks(along) }
}

const blocks = (text: string): readonly Properties[] =>
  text
    .split(/\n\n+/)
    .filter((block) => block.trim() !== '')
    .map((block) => new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])))
