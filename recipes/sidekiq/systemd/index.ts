import { sh } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { expandHome } from '../../../src/kit/index.ts'
import {
  checkFacts,
  followLog,
  inScope,
  installWritten,
  journal,
  linesOf,
  outputsOf,
  ownerFact,
  partOf,
  query,
  refuseForeign,
  remedy,
  runVerb,
  statusOf,
  systemctl,
  uninstallWritten,
  unitClaim,
  unitFacts,
  verbWords,
  verifyLinger,
  writtenFacts,
  writtenFindings,
} from '../../systemd/services.ts'
import { guarded, type Manager } from '../manager.ts'
import { fileNames, unitNames } from '../units.ts'
import { deployCalls } from './calls.ts'
import { check, doctor } from './check.ts'
import { bringUp, quiet, recover, stop, unitsOf } from './lifecycle.ts'
import { withSidekiq, type Context } from './service.ts'
import { sidekiqUnits } from './definition.ts'

const manager: Manager = {
  facts: (c) => {
    const { settings: s, host } = c
    const names = unitNames(s)
    // it is not known which calls your own hooks make, so sudo is asked about none of them
    const calls = s.defaultHooks ? deployCalls(s, c.runs('sidekiq:restart')) : []
    return {
      ...unitFacts(s, names, host.user),
      owner: ownerFact(s, names, c.paths, host.user),
      ...(c.runs('sidekiq:check') && checkFacts(s, calls)),
      ...writtenFacts(sidekiqUnits, c, (...tasks) => tasks.some((task) => c.runs(`sidekiq:${task}`))),
    }
  },
  check: withSidekiq(check),
  quiet: withSidekiq(quiet),
  stop: withSidekiq(stop),
  start: withSidekiq((c) => bringUp(c, 'start')),
  restart: withSidekiq((c) => bringUp(c, 'restart')),
  recover: withSidekiq(recover),
  // for sidekiqswarm, which only forks, its children
  pids: (c) => {
    const children = c.settings.command.endsWith('swarm')
      ? sh`if [ "$pid" != 0 ]; then for child in $(pgrep -P "$pid"); do printf '%s %s\n' "$unit" "$child"; done; continue; fi`
      : sh`:`
    return inScope(c)`for unit in ${unitNames(c.settings)}; do
  pid=$(${[...systemctl(c), 'show', '--value', '-p', 'MainPID']} "$unit")
  ${children}
  printf '%s %s\n' "$unit" "$pid"
done`
  },
  asOwner: ({ serviceUnitUser }) =>
    serviceUnitUser === 'user' ? sh`export XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"` : undefined,
  states: (c) => sh`for unit in ${unitNames(c.settings)}; do
  set -- $(${[...systemctl({ ...c, facts: {} }), 'show', '-p', 'LoadState,ActiveState,Result,StateChangeTimestampMonotonic']} "$unit" | sed 's/^\([^=]*\)=/\1 /' | sort | cut -d' ' -f2)
  if [ "\${2:-}" = not-found ]; then set -- missing; fi
  printf '%s %s %s %s\n' "$unit" "$1" "\${3:-success}" "\${4:-0}"
done`,
  status: (c) => statusOf(sidekiqUnits, c),
  // without a WorkingDirectory, its command must name `current`
  placed: (c) => {
    const show = [...systemctl(c), 'show', '--value', '-p']
    const current = expandHome(c, c.paths.current)
    return sh`placed() {
  case $(${show} WorkingDirectory "$1" 2>/dev/null)/ in
    (${current}/*) ;;
    (/) case $(${show} ExecStart "$1" 2>/dev/null) in (*${current}[!A-Za-z0-9._-]*) ;; (*) return 1 ;; esac ;;
    (*) return 1 ;;
  esac
}`
  },
  quietAgain: (c) => {
    const sudo = c.settings.serviceUnitUser === 'system' ? ['sudo'] : []
    return sh`for unit in ${unitNames(c.settings)}; do ${[...sudo, ...systemctl(c), ...verbWords('quiet')]} "$unit" || :; done`
  },
  install: (c) => installWritten(sidekiqUnits, c, partOf(sidekiqUnits, c)),
  uninstall: (c) => uninstallWritten(sidekiqUnits, c, partOf(sidekiqUnits, c)),
  enable: withSidekiq((c) => boot(c, 'enable')),
  disable: withSidekiq((c) => boot(c, 'disable')),
  log: withSidekiq((c) => {
    const files = [...new Set(outputsOf(c, c.settings).map(({ file }) => file))]
    return [files.length === 0 ? followLog(c, unitNames(c.settings), linesOf(c)) : inScope(c)`tail -n ${linesOf(c)} -F ${files}`.follow()]
  }),
  logs: (c) => ({ sidekiq: journal(c, c.settings, unitNames(c.settings)) }),
  claims: (s, host) => [...new Set([...fileNames(s).map(({ name }) => name), ...unitNames(s)])].map((name) => unitClaim(s, host, name)),
  // if this run installs, the facts are from before it wrote the files
  drift: (c) => (c.facts.shown === undefined ? writtenFindings(sidekiqUnits, c, partOf(sidekiqUnits, c)) : []),
  doctor,
}

/** Sidekiq under systemd: one unit per config file, or its instances if there are several processes. */
export const systemd = guarded(
  manager,
  withSidekiq((c) => refuseForeign(c, unitNames(c.settings))),
)

/** `enable` or `disable` all units in one call. If one is missing, systemctl enables none of them, so all missing units are reported. */
const boot = (c: Context, verb: 'enable' | 'disable'): readonly (Command | false)[] => {
  const names = unitNames(c.settings)
  const missing = unitsOf(c).flatMap(({ name, state }) => (state === 'missing' ? [name] : []))
  return [
    missing.length > 0 &&
      query(c, ['cat'], missing)
        .title(`check that ${missing.join(', ')} is installed`)
        .hint(remedy(c, missing, 'check')),
    runVerb(c, verb, names),
    verb === 'enable' && c.settings.serviceUnitUser === 'user' && verifyLinger(c),
  ]
}
