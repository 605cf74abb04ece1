import type { GivenService } from '../../recipes/systemd/settings.ts'
import type { Given } from '../support/context.ts'
import { goodRelease } from '../support/context.ts'
import { ended, up } from './looks.ts'

/** What a host's systemd says of a unit. */
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
/** a socket or a timer: no process of its own */
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
export const lingers = (user: string, name: string) =>
  `{ test -e /var/lib/systemd/linger/${user} || [ "$(systemctl is-enabled "user@$(id -u ${user}).service" 2>/dev/null)" = enabled ]; } || ` +
  `{ echo '${user} does not linger: ${name} ends soon after logout' >&2; exit 1; }`
/** What a command of another user's systemd is. */
export const asSvc = (text: string, env = 'export XDG_RUNTIME_DIR=/run/user/999\n') =>
  `sudo -H -u svc -- /bin/sh <<'SHIPIT'\n( set -e\n${env}${text}\n) </dev/null\nSHIPIT`
export const status = (ctl: string, units: string) =>
  `${ctl} status --no-pager --full ${units} || { code=$?; case $code in 3 | 4) ;; *) exit "$code" ;; esac; }`

export interface Golden {
  readonly title: string
  /** of the service `web` */
  readonly service?: GivenService
  /** in the order of the units; none: systemd could not be asked */
  readonly units?: readonly UnitFact[]
  readonly given?: Given
  /** by task of `web`: the exact texts of its steps */
  readonly steps: Readonly<Record<string, readonly string[]>>
}

const system = { user: 'system' } as const
const withSocket = { ...system, units: ['web', 'web.socket'] } as const
const other = { account: 'svc' } as const

export const golden: readonly Golden[] = [
  {
    title: 'the user scope, which is the default',
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
      check: [lingers('deploy', 'web')],
    },
  },
  {
    title: 'the system scope goes through sudo, where it changes something',
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
    title: "another user's own systemd",
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
      check: [lingers('svc', 'web')],
    },
  },
  {
    title: 'another user who is not there: sudo says so',
    service: other,
    given: { ...live, facts: { 'web.account': { code: 2 }, 'web.units': { code: 1, stderr: 'sudo: unknown user svc\n' } } },
    steps: { check: [asSvc('systemctl --user show -p LoadState web.service', '')] },
  },
  {
    title: 'another user who is the one that logs in',
    service: { account: 'deploy' },
    units: [running(100)],
    given: live,
    steps: { stop: ['systemctl --user stop web.service', ended('web.service')] },
  },
  {
    title: 'a login without PAM: where its systemd listens is known all the same',
    units: [running(100)],
    given: { ...live, facts: { 'web.session': '1001\n\n' } },
    steps: { disable: ['export XDG_RUNTIME_DIR=/run/user/1001\nsystemctl --user disable web.service'] },
  },
  {
    title: 'a service and its socket: the socket stays up over a restart',
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
    title: 'a socket that is down comes up before its service is restarted',
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
    title: 'a timer alone is what restarts',
    service: { ...system, unit: 'report.timer' },
    units: [listening],
    given: live,
    steps: {
      restart: ['sudo systemctl restart report.timer', active('systemctl', 'report.timer')],
      stop: ['sudo systemctl stop report.timer'],
    },
  },
  {
    title: 'a oneshot has ended when it has done its work: its exit code tells',
    units: [oneshot],
    given: live,
    steps: { restart: ['systemctl --user restart web.service'] },
  },
  {
    title: 'a reload in a deploy starts who is down, and reloads the others',
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
    title: 'a reload in a deploy where nothing runs is a start',
    units: [down],
    given: deploying,
    steps: { reload: ['systemctl --user start web.service', up('web.service')] },
  },
  {
    title: 'a reload by hand is a reload, whatever runs: systemd says what is wrong',
    units: [down],
    given: live,
    steps: { reload: ['systemctl --user reload web.service', up('web.service')] },
  },
  {
    title: 'where it is allowed, what cannot be reloaded is restarted',
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
    title: 'the first deploy, the unit not written yet',
    units: [missing],
    given: first,
    steps: {
      restart: ['systemctl --user restart web.service'],
      stop: ['systemctl --user stop web.service'],
      check: [lingers('deploy', 'web')],
    },
  },
  {
    title: 'a unit that is gone on a host with a good release fails before anything is touched',
    units: [missing],
    given: deploying,
    steps: { check: ['systemctl --user cat web.service', lingers('deploy', 'web')] },
  },
  {
    title: 'a systemd that could not be asked fails before anything is touched',
    given: deploying,
    steps: { check: ['systemctl --user show -p LoadState web.service'] },
  },
  {
    title: 'before a deploy sudo is asked for the exact words of what it will do, and of nothing else',
    service: { ...withSocket, systemctlBin: '/bin/systemctl', after: { 'deploy:published': ['restart'] } },
    units: [listening, running(100)],
    given: deploying,
    steps: { check: ['sudo -n -l /bin/systemctl start web.socket', 'sudo -n -l /bin/systemctl restart web.service'] },
  },
  {
    title: 'a reload needs the right to start, too',
    service: { ...system, after: { 'deploy:published': 'reload' } },
    units: [running(100)],
    given: deploying,
    steps: { check: ['sudo -n -l systemctl start web.service', 'sudo -n -l systemctl reload web.service'] },
  },
  {
    title: 'names that systemd cannot hold are escaped, suffixes and instances stay',
    service: { ...system, units: ['mon café', 'a@1.service', 'app.target'] },
    units: [running(1), running(2), listening],
    given: live,
    steps: { disable: ["sudo systemctl disable 'mon\\x20caf\\xc3\\xa9.service' a@1.service app.target"] },
  },
  {
    title: 'what was stopped, and not started again, is started after a failure; what runs is left alone',
    service: system,
    units: [running(100)],
    given: { ...live, ran: { 'systemd:web:stop': 'done', 'systemd:web:start': 'started' } },
    steps: { recover: ['onlyIf # web.service is down\nsudo systemctl start web.service', up('web.service', '100')] },
  },
  {
    title: 'what was down before, what was started, and a start that failed, are not',
    units: [down],
    given: { ...live, ran: { 'systemd:web:stop': 'done' } },
    steps: { recover: [] },
  },
  {
    title: 'a start that failed is not tried again',
    units: [running(100)],
    given: { ...live, ran: { 'systemd:web:stop': 'done', 'systemd:web:start': 'failed' } },
    steps: { recover: [] },
  },
  {
    title: 'so many lines of the log as are asked for',
    units: [running(1)],
    given: { ...live, args: { lines: 5 } },
    steps: { log: ['journalctl --user --no-pager -n 5 -f -u web.service'] },
  },
]
