import { fact, sh } from '../../../src/index.ts'
import type { Fact, Finding, StepList } from '../../../src/index.ts'
import { checkSteps, excessRights, parseSudoRules, sudoChecks, sudoersHint } from '../../../src/kit/index.ts'
import type { Check } from '../../../src/kit/index.ts'
import {
  asScopeUser,
  checkFacts,
  parseProperties,
  partOf,
  showUnits,
  toSudoCall,
  unitChecks,
  unitFindings,
  writtenFacts,
  writtenFindings,
} from '../../systemd/services.ts'
import { errorOf, partedByPresence, warningOf } from '../manager.ts'
import type { Asking, Manager } from '../manager.ts'
import { sudoersRules } from '../sudoers.ts'
import { unitNames } from '../units.ts'
import { callsNow, allCalls } from './calls.ts'
import { sidekiqUnits } from './definition.ts'
import { directiveFindings, EXEC_HINT, jobLosses, wrapper, WRAPPERS } from './directives.ts'
import { unitsOf } from './lifecycle.ts'
import { withSidekiq, type Context } from './service.ts'

/** Runs before anything is changed: finds what would keep the workers from being quieted, stopped or started later. */
export const check = (c: Context): StepList => {
  const { settings: s } = c
  const units = unitsOf(c)
  // it is not known which calls your own hooks make. Calls that sudo was not asked about, such as a restart without a hook, are left out
  const calls = s.defaultHooks ? callsNow(s, units, partedByPresence(c, units).present) : []
  const words = calls.map((call) => toSudoCall(s.systemctlBin, call).words.join(' '))
  return checkSteps(`check ${unitNames(s).join(', ')}`, [...checksOf(c, (asked) => words.includes(asked.join(' '))), ...losesJobs(c)])
}

/** `counts`: which of sudo's answers count; without it, all of them. */
const checksOf = (c: Context, counts?: (words: readonly string[]) => boolean): readonly Check[] =>
  unitChecks(
    c,
    unitsOf(c),
    sudoChecks(c, () => sudoersHint(sudoersRules, c), counts),
  )

/** Units that lose jobs at every stop. The doctor reports errors; here they are warnings, since the deploy itself can go on. */
const losesJobs = (c: Context): readonly Check[] =>
  unitsOf(c)
    .filter(({ state }) => state !== 'missing' && state !== 'unknown')
    .flatMap(({ name, properties }) => jobLosses(c, name, properties))
    .map((found) => ({ ...found, blocks: false }))

/** Finds problems with the units, with what they run, and with sudo rights. */
export const doctor: Manager['doctor'] = {
  facts: (c) => {
    const names = unitNames(c.settings)
    return {
      ...writtenFacts(sidekiqUnits, c, () => true),
      ...checkFacts(c.settings, allCalls(c.settings)),
      more: fact(showUnits(c.settings, MORE, names, c.host.user), (answer) => parseProperties(answer, names)),
      runs: runsFact(c, names),
    }
  },
  findings: withSidekiq((c): readonly Finding[] => [
    ...checksOf(c),
    ...excessFindings(c),
    ...unitFindings(c, unitNames(c.settings)),
    ...directiveFindings(c),
    ...runFindings(c),
    ...writtenFindings(sidekiqUnits, c, partOf(sidekiqUnits, c)),
  ]),
}

const MORE =
  'Id LoadState ExecStart ExecReload ExecStop TimeoutStopUSec KillSignal KillMode SendSIGKILL User WatchdogUSec Type Restart'.split(' ')

/**
 * For each unit: its main process and that process's children by name (`comm UNIT NAME CHILD …`), and any missing log folders and
 * environment files.
 */
const runsFact = (c: Asking, names: readonly string[]): Fact<readonly string[]> => {
  const user = c.settings.serviceUnitUser === 'user'
  const tag = user ? asScopeUser(c) : sh
  const command = tag`
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
`
  return fact(command, ({ ok, stdout }) => (ok ? [...new Set(stdout.split('\n'))] : []))
}

/** Findings from the fact `runs`: a wrapper as the main process, and missing files and folders that a unit names. */
const runFindings = (c: Context): readonly Finding[] => (c.facts.runs ?? []).flatMap((row) => runFinding(c, row) || [])

const runFinding = (c: Context, row: string): Finding | false => {
  const [kind, unit = '', ...rest] = row.split(' ')
  const path = rest.join(' ')
  switch (kind) {
    case 'comm': {
      const [main = '', ...children] = rest
      const loaded = c.facts.more?.[unitNames(c.settings).indexOf(unit)]
      // another finding reports a wrapper that shows in its ExecStart
      if (!WRAPPERS.test(main) || children.length === 0 || (loaded !== undefined && wrapper(loaded) !== false)) return false
      return errorOf(
        `${unit}: the main process is ${main}, with Sidekiq as its child: signals do not reach it, and Type=notify does not work`,
        EXEC_HINT,
      )
    }
    case 'folder':
      return errorOf(
        `${unit}: the folder of its log, ${path}, does not exist (209/STDOUT)`,
        `create it: mkdir -p ${path}; or ${c.shipit('sidekiq:install')}`,
      )
    case 'file':
      return errorOf(
        `${unit}: its EnvironmentFile ${path} does not exist`,
        `create it, or if it may be missing, put a dash before it: EnvironmentFile=-${path}`,
      )
    default:
      return false
  }
}

/** Rights beyond those needed, from the fact `rights`. */
const excessFindings = (c: Context): readonly Finding[] => {
  const user = c.layout.user || 'the deploy user'
  if (c.settings.serviceUnitUser !== 'system' || user === 'root') return []
  const excess = excessRights(parseSudoRules(c.facts.rights ?? ''))
  if (excess.length === 0) return []
  return [
    warningOf(
      `${user} may run through sudo without a password: ${excess.join(', ')}; that is as powerful as root`,
      `allow only what is needed, in /etc/sudoers and /etc/sudoers.d. To see what that is: ${c.shipit('sidekiq:sudoers')}`,
    ),
  ]
}
