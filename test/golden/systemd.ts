import type { GivenService } from '../../recipes/systemd/given.ts'
import type { Given } from '../support/context.ts'
import { goodRelease } from '../support/context.ts'
import { ended, up } from './looks.ts'

/** systemd's answer about a unit. */
export type UnitFact = Partial<Record<'LoadState' | 'ActiveState' | 'MainPID' | 'Type' | 'ExecReload', string>>

export const running = (pid: number, more: UnitFact = {}): UnitFact => ({
  Type: 'notify',
  ActiveState: 'active',
  MainPID: `${pid}`,
  ...more,
})
export const simple = (pid: number): UnitFact => running(pid, { Type: 'simple' })
export const down: UnitFact = { Type: 'notify', ActiveState: 'inactive', MainPID: '0' }
export const missing: UnitFact = { LoadState: 'not-found', ActiveState: 'inactive', MainPID: '0', Type: '' }
/** a socket or a timer, which has no process */
export const listening: UnitFact = { ActiveState: 'active' }
export const deaf: UnitFact = { ActiveState: 'inactive' }
export const oneshot: UnitFact = { Type: 'oneshot', ActiveState: 'inactive', MainPID: '0' }

/** What `systemctl show` prints of units, one block each. */
export const shown = (units: readonly UnitFact[]): string =>
  units
    .map((unit, i) =>
      Object.entries({ Id: `unit${i}.service`, LoadState: 'loaded', ...unit })
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    )
    .join('\n')

export const live: Given = { layout: { releases: [goodRelease()] } }
export const deploying: Given = { ...live, release: '20261123100000' }
export const first: Given = { release: '20261123100000' }
export const svc = 'svc:x:999:999::/var/lib/svc:/usr/sbin/nologin\n'

export const active = (ctl: string, units: string) =>
  `s=$(${ctl} show -p Id,ActiveState ${units}) && ! echo "$s" | grep -xE 'ActiveState=(inactive|deactivating|failed)'`
/** A step that fails with these messages. */
export const says = (...messages: readonly string[]) =>
  `printf '%s\\n' ${messages.map((one) => (/^[\w.]+$/.test(one) ? one : `'${one}'`)).join(' ')} >&2; exit 1`
/** The fact whether a user lingers; undefined: the user who logs in. */
export const lingering = (user?: string) =>
  `{ test -e ${user === undefined ? '"/var/lib/systemd/linger/$(id -un)"' : `/var/lib/systemd/linger/${user}`} || [ "$(systemctl is-enabled "user@$(id -u${user === undefined ? '' : ` ${user}`}).service" 2>/dev/null)" = enabled ]; }`
export const lingers = (user: string, name: string) =>
  `{ test -e /var/lib/systemd/linger/${user} || [ "$(systemctl is-enabled "user@$(id -u ${user}).service" 2>/dev/null)" = enabled ]; } || ` +
  `{ echo '${user} does not linger: ${name} ends soon after logout' >&2; exit 1; }`
/** A command for another user's systemd. */
export const asSvc = (text: string, env = 'export XDG_RUNTIME_DIR=/run/user/999\n') =>
  `sudo -H -u svc -- /bin/sh <<'SHIPIT'\n( set -e\n${env}${text}\n) </dev/null\nSHIPIT`
export const status = (ctl: string, units: string) =>
  `${ctl} status --no-pager --full ${units} || { code=$?; case $code in 3 | 4) ;; *) exit "$code" ;; esac; }`

export interface Golden {
  readonly title: string
  /** of the service `web` */
  readonly service?: GivenService
  /** in the order of the units; undefined: systemd could not be asked */
  readonly units?: readonly UnitFact[]
  readonly given?: Given
  /** the exact texts of the facts that the check of a deploy reads, besides the units */
  readonly asks?: readonly string[]
  /** by task of `web`: the exact texts of its steps */
  readonly steps: Readonly<Record<string, readonly string[]>>
}

const system = { serviceUnitUser: 'system' } as const
const withSocket = { ...system, units: ['web', 'web.socket'] } as const
const other = { user: 'svc' } as const

export const golden: readonly Golden[] = [
  {
    title: 'the user scope, the default',
    units: [running(100)],
    given: live,
    steps: {
      start: ['systemctl --user start web.service', up('web.service', '100')],
      stop: ['systemctl --user stop web.service', ended('web.service')],
      restart: ['systemctl --user restart web.service', ended('web.service'), up('web.service', '100')],
      reload: ['systemctl --user reload web.service', up('web.service', '100')],
      status: [status('systemctl --user', 'web.service')],
      log: ['journalctl --user --no-pager -n 100 -f -u web.service'],
      enable: ['systemctl --user enable web.service', lingers('deploy', 'web')],
      disable: ['systemctl --user disable web.service'],
      check: [],
    },
    asks: [lingering()],
  },
  {
    title: 'the system scope uses sudo for changes',
    service: { ...system, unit: 'shop-web' },
    units: [running(100)],
    given: live,
    steps: {
      start: ['sudo systemctl start shop-web.service', up('shop-web.service', '100')],
      stop: ['sudo systemctl stop shop-web.service', ended('shop-web.service')],
      restart: ['sudo systemctl restart shop-web.service', ended('shop-web.service'), up('shop-web.service', '100')],
      reload: ['sudo systemctl reload shop-web.service', up('shop-web.service', '100')],
      status: [status('systemctl', 'shop-web.service')],
      log: ['journalctl --no-pager -n 100 -f -u shop-web.service'],
      enable: ['sudo systemctl enable shop-web.service'],
      disable: ['sudo systemctl disable shop-web.service'],
      check: [],
    },
  },
  {
    title: "a unit of another user's systemd",
    service: other,
    units: [running(100)],
    given: { ...live, facts: { 'web.account': svc } },
    steps: {
      start: [asSvc('systemctl --user start web.service'), up('web.service', '100', 'notify', 'as svc: ')],
      stop: [asSvc('systemctl --user stop web.service'), ended('web.service', 'as svc: ')],
      restart: [
        asSvc('systemctl --user restart web.service'),
        ended('web.service', 'as svc: '),
        up('web.service', '100', 'notify', 'as svc: '),
      ],
      status: [asSvc(status('systemctl --user', 'web.service'))],
      log: [asSvc('journalctl --user --no-pager -n 100 -f -u web.service')],
      enable: [asSvc('systemctl --user enable web.service'), lingers('svc', 'web')],
      check: [],
    },
    asks: [lingering('svc')],
  },
  {
    title: 'missing lingering is reported before anything is touched',
    units: [running(100)],
    given: { ...deploying, facts: { 'web.linger': { code: 1 } } },
    steps: { check: [says('deploy does not linger: web ends soon after logout, and does not start at boot')] },
  },
  {
    title: "an unknown user is reported with sudo's message",
    service: other,
    given: { ...live, facts: { 'web.account': { code: 2 }, 'web.units': { code: 1, stderr: 'sudo: unknown user svc\n' } } },
    steps: { check: [says('cannot read the state of web.service: the systemd of svc does not answer: sudo: unknown user svc')] },
  },
  {
    title: "the user setting with the login's user",
    service: { user: 'deploy' },
    units: [running(100)],
    given: live,
    steps: { stop: ['systemctl --user stop web.service', ended('web.service')] },
  },
  {
    title: 'a login without PAM still finds its systemd',
    units: [running(100)],
    given: { ...live, facts: { 'web.session': '1001\n\n' } },
    steps: { disable: ['export XDG_RUNTIME_DIR=/run/user/1001\nsystemctl --user disable web.service'] },
  },
  {
    title: 'a service with a socket, which stays up over a restart',
    service: withSocket,
    units: [listening, simple(100)],
    given: live,
    steps: {
      start: ['sudo systemctl start web.socket web.service', up('web.service', '100', 'settle'), active('systemctl', 'web.socket')],
      stop: ['sudo systemctl stop web.socket web.service', ended('web.service')],
      restart: ['sudo systemctl restart web.service', ended('web.service'), up('web.service', '100', 'settle')],
      reload: ['sudo systemctl reload web.service', up('web.service', '100', 'settle')],
    },
  },
  {
    title: 'a stopped socket starts before its service restarts',
    service: withSocket,
    units: [deaf, down],
    given: live,
    steps: {
      restart: [
        'sudo systemctl start web.socket',
        active('systemctl', 'web.socket'),
        'sudo systemctl restart web.service',
        up('web.service'),
      ],
    },
  },
  {
    title: 'a timer is the only unit to restart',
    service: { ...system, unit: 'report.timer' },
    units: [listening],
    given: live,
    steps: {
      restart: ['sudo systemctl restart report.timer', active('systemctl', 'report.timer')],
      stop: ['sudo systemctl stop report.timer'],
    },
  },
  {
    title: 'a oneshot is checked by its exit code',
    units: [oneshot],
    given: live,
    steps: { restart: ['systemctl --user restart web.service'] },
  },
  {
    title: 'a reload in a deploy starts stopped units and reloads the others',
    service: { units: ['a', 'b@1'] },
    units: [running(100), down],
    given: deploying,
    steps: {
      reload: [
        'systemctl --user start a.service b@1.service',
        'systemctl --user reload a.service b@1.service',
        up('a.service b@1.service', '100'),
      ],
    },
  },
  {
    title: 'a reload in a deploy of stopped units is a start',
    units: [down],
    given: deploying,
    steps: { reload: ['systemctl --user start web.service', up('web.service')] },
  },
  {
    title: "a typed reload is a reload, whatever runs, and fails with systemd's message",
    units: [down],
    given: live,
    steps: { reload: ['systemctl --user reload web.service', up('web.service')] },
  },
  {
    title: 'reloadOrRestart restarts what cannot be reloaded',
    service: { ...system, reloadOrRestart: true },
    units: [running(100)],
    given: live,
    steps: { reload: ['sudo systemctl reload-or-restart web.service', ended('web.service'), up('web.service', '100')] },
  },
  {
    title: 'a start in a deploy does not accept the old process',
    units: [running(100)],
    given: deploying,
    steps: { start: ['systemctl --user start web.service', up('web.service', '100')] },
  },
  {
    title: 'the first deploy without the unit',
    units: [missing],
    given: first,
    steps: {
      restart: ['systemctl --user restart web.service'],
      stop: ['systemctl --user stop web.service'],
      check: [],
    },
  },
  {
    title: 'the first deploy without the unit and without lingering, which install enables',
    units: [missing],
    given: { ...first, facts: { 'web.linger': { code: 1 } } },
    steps: { check: [] },
  },
  {
    title: 'the first deploy with a unit, without lingering',
    units: [running(100)],
    given: { ...first, facts: { 'web.linger': { code: 1 } } },
    steps: { check: [says('deploy does not linger: web ends soon after logout, and does not start at boot')] },
  },
  {
    title: 'a missing unit on a host with a good release fails before anything is touched',
    units: [missing],
    given: deploying,
    steps: { check: [says('web.service is not installed')] },
  },
  {
    title: 'an unreachable systemd fails before anything is touched',
    given: { ...deploying, facts: { 'web.units': { code: 1, stderr: 'Failed to connect to bus: No medium found\n' } } },
    steps: {
      check: [
        says('cannot read the state of web.service: the systemd of deploy does not answer: Failed to connect to bus: No medium found'),
      ],
    },
  },
  {
    title: 'a deploy asks sudo for the exact arguments of its own calls, and no others',
    service: { ...withSocket, systemctlBin: '/bin/systemctl', after: { 'deploy:published': ['restart'] } },
    units: [listening, running(100)],
    given: deploying,
    asks: ['sudo -n -l /bin/systemctl start web.socket', 'sudo -n -l /bin/systemctl restart web.service'],
    steps: { check: [] },
  },
  {
    title: 'a reload needs the right to start',
    service: { ...system, after: { 'deploy:published': 'reload' } },
    units: [running(100)],
    given: deploying,
    asks: ['sudo -n -l systemctl start web.service', 'sudo -n -l systemctl reload web.service'],
    steps: { check: [] },
  },
  {
    title: 'all refusals of sudo and all mistakes in units are reported at once',
    service: { ...system, units: ['web', 'jobs'], after: { 'deploy:published': 'restart' } },
    units: [missing, running(100, { LoadState: 'masked' })],
    given: { ...deploying, facts: { 'web.sudo.2': { code: 1 } } },
    steps: {
      check: [
        says(
          'web.service is not installed',
          'jobs.service is masked',
          'deploy may not run through sudo: systemctl restart web.service jobs.service',
        ),
      ],
    },
  },
  {
    title: 'names that systemd must escape are escaped, and suffixes and instances stay',
    service: { ...system, units: ['mon café', 'a@1.service', 'app.target'] },
    units: [running(1), running(2), listening],
    given: live,
    steps: { disable: ["sudo systemctl disable 'mon\\x20caf\\xc3\\xa9.service' a@1.service app.target"] },
  },
  {
    title: 'a unit that was stopped and not started again is started after a failure, and a running one is left alone',
    service: system,
    units: [running(100)],
    given: { ...live, ran: { 'systemd:web:stop': 'done', 'systemd:web:start': 'started' } },
    steps: { recover: ['onlyIf # web.service is down\nsudo systemctl start web.service', up('web.service', '100')] },
  },
  {
    title: 'a unit that was down before, was started, or failed to start is not recovered',
    units: [down],
    given: { ...live, ran: { 'systemd:web:stop': 'done' } },
    steps: { recover: [] },
  },
  {
    title: 'a failed start is not tried again',
    units: [running(100)],
    given: { ...live, ran: { 'systemd:web:stop': 'done', 'systemd:web:start': 'failed' } },
    steps: { recover: [] },
  },
  {
    title: 'the given number of lines of the log',
    units: [running(1)],
    given: { ...live, args: { lines: 5 } },
    steps: { log: ['journalctl --user --no-pager -n 5 -f -u web.service'] },
  },
]
