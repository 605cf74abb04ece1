import { RAILS } from '../by-name.ts'
import { commandFiles, commandFolders, inShared, isTcp } from '../systemd/services.ts'
import type { CommandService, Directive, UnitContext, UnitHost, UnitWriter } from '../systemd/services.ts'
import { bindArgument, listenOf } from './bind.ts'
import { notifies, parseVersions, type PumaHost, versions } from './notify.ts'
import { socketName, unitNames, type Settings } from './settings.ts'

/** How Puma's units are made: the service, and with `bind` its socket. */
export const writer: UnitWriter<Settings, PumaHost> = {
  plan: (s) => ({
    files: isInstance(s) ? [] : writesSocket(s) ? unitNames(s) : [s.serviceUnitName],
    all: unitNames(s),
    programs: ['bundle'],
    log: s.accessLog,
    errorLog: s.errorLog,
  }),
  look: { more: versions, parse: parseVersions },
  files: (c, s, host) => (isInstance(s) ? [] : commandFiles(c, serviceOf(c, s, host), host)),
  folders: (c, s) => commandFolders(c, serviceOf(c, s, undefined)),
  problems: (c, s) => [
    ...(isInstance(s)
      ? [`${s.serviceUnitName} is an instance, and shipit writes no template for it: name a unit without @ in serviceUnitName`]
      : []),
    ...noSocket(c, s),
  ],
  notes: (_, __, host) => notes(host),
}

const isInstance = ({ serviceUnitName }: Settings): boolean => serviceUnitName.includes('@')

const writesSocket = (s: Settings): boolean => s.socket !== false && s.bind.length > 0

const listens = (c: UnitContext, { bind }: Settings): readonly string[] =>
  bind.flatMap((one) => listenOf(one, (file) => inShared(c, file)) ?? [])

/** Without the addresses, shipit does not write the socket unit, so the host must have one already. */
const noSocket = (c: UnitContext, s: Settings): readonly string[] => {
  const name = socketName(s)
  const missing = c.facts.units?.some((unit) => unit.name === name && unit.state === 'missing') ?? false
  return !writesSocket(s) && missing
    ? [`${name} is missing; shipit writes it only if it knows the addresses: puma({ bind: 'tcp://0.0.0.0:9292' })`]
    : []
}

const serviceOf = (c: UnitContext, s: Settings, host: (UnitHost & PumaHost) | undefined): CommandService => {
  const railsEnv = s.railsEnv ?? c.settingsOf(RAILS)?.railsEnv ?? c.stage
  const conf = s.conf === null ? [] : ['-C', s.conf]
  const binds = s.bind.flatMap((one) => ['-b', bindArgument(one, (file) => inShared(c, file))])
  return {
    ...s,
    label: 'Puma',
    units: unitNames(s),
    exec: ['bundle', 'exec', 'puma', '-e', railsEnv, ...conf, ...binds],
    execReload: `${host?.kill ?? '/bin/kill'} -${s.phased ? 'USR1' : 'USR2'} $MAINPID`,
    notify: notifies(host),
    watchdogSec: s.systemdWatchdogSec,
    stopTimeout: 30,
    firstEnv: { RAILS_ENV: railsEnv },
    env: s.serviceUnitEnvVars,
    envFiles: s.serviceUnitEnvFiles,
    log: s.accessLog,
    listen: writesSocket(s) ? listens(c, s) : [],
    needsSocket: true,
    // as Puma sets them itself
    socketOptions: (listen) => [...(listen.some(isTcp) ? TCP : []), ['Backlog', '1024']],
  }
}

const TCP: readonly Directive[] = [
  ['NoDelay', 'true'],
  ['ReusePort', 'true'],
]

const notes = (host: (UnitHost & PumaHost) | undefined): readonly string[] => {
  if (host?.puma === undefined)
    return [
      'the version of Puma is not known before the first deploy: the unit has Type=notify, for 6.1 and newer, or 5.1 with the gem sd_notify',
    ]
  return notifies(host)
    ? []
    : [
        `Puma ${host.puma.join('.')} does not notify systemd when it is up (6.1 and newer do, and 5.1 with the gem sd_notify): the unit has Type=simple`,
      ]
}
