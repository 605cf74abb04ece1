import type { Given } from '../support/context.ts'
import { goodRelease } from '../support/context.ts'

/** What a host's systemd says of a unit. */
export type UnitFact = Partial<Record<'LoadState' | 'ActiveState' | 'MainPID' | 'Type' | 'ExecReload', string>>

export const running = (pid: number, more: UnitFact = {}): UnitFact => ({
  Type: 'notify',
  ActiveState: 'active',
  MainPID: String(pid),
  ExecReload: '{ path=/bin/kill ; argv[]=/bin/kill -TSTP $MAINPID ; ignore_errors=no ; pid=0 ; status=0/0 }',
  ...more,
})
export const noReload = { ExecReload: '' }
export const usr1 = { ExecReload: '{ path=/bin/kill ; argv[]=/bin/kill -USR1 $MAINPID ; ignore_errors=no ; pid=0 ; status=0/0 }' }
export const down: UnitFact = { Type: 'notify', ActiveState: 'inactive', MainPID: '0' }
export const crashing: UnitFact = { Type: 'simple', ActiveState: 'activating', MainPID: '0' }
export const missing: UnitFact = { LoadState: 'not-found', ActiveState: 'inactive', MainPID: '0', Type: '' }

export interface Golden {
  readonly title: string
  readonly settings?: Record<string, unknown>
  /** in the order of the units; none: systemd could not be asked */
  readonly units?: readonly UnitFact[]
  readonly given?: Given
  /** by task: the exact texts of its steps */
  readonly steps: Readonly<Record<string, readonly string[]>>
}

const system = { serviceUnitUser: 'system' }
const deploying: Given = { release: '20261123100000', layout: { releases: [goodRelease()] } }
const live: Given = { layout: { releases: [goodRelease()] } }
const first: Given = { release: '20261123100000' }

const up = (ctl: string, units: string, pids = '0', restarts = true) =>
  `s=$(${ctl} show -p MainPID,NRestarts ${units}) && ! echo "$s" | grep -xE 'MainPID=(${pids})${restarts ? '|NRestarts=[1-9][0-9]*' : ''}'`
const reloaded = (ctl: string, unit: string) =>
  `onlyIf ${ctl} is-active --quiet ${unit}\n${ctl === 'systemctl' ? 'sudo ' : ''}${ctl} reload ${unit}`
const ended = (ctl: string, units: string) =>
  `s=$(${ctl} show -p Id,Result ${units}) && if echo "$s" | grep -xE 'Result=(timeout|signal|core-dump|watchdog|oom-kill)'; ` +
  `then echo 'it was killed before it had ended: jobs may be lost. TimeoutStopSec must be some 10 s more than the timeout of Sidekiq' >&2; exit 1; fi`
const lingers =
  '{ test -e /var/lib/systemd/linger/deploy || systemctl is-enabled --quiet "user@$(id -u deploy).service" 2>/dev/null; } || ' +
  "{ echo 'deploy does not linger: Sidekiq ends soon after logout' >&2; exit 1; }"

export const golden: readonly Golden[] = [
  {
    title: 'the user scope, which is the default, during a deploy',
    units: [running(100)],
    given: deploying,
    steps: {
      check: [lingers],
      quiet: ['onlyIf systemctl --user is-active --quiet sidekiq.service\nsystemctl --user reload sidekiq.service'],
      stop: ['systemctl --user stop sidekiq.service', ended('systemctl --user', 'sidekiq.service')],
      start: ['systemctl --user start sidekiq.service', up('systemctl --user', 'sidekiq.service', '0|100')],
      restart: ['systemctl --user restart sidekiq.service', up('systemctl --user', 'sidekiq.service', '0|100')],
      recover: [],
    },
  },
  {
    title: 'the system scope, during a deploy',
    settings: system,
    units: [running(100)],
    given: deploying,
    steps: {
      check: [
        'sudo -n -l systemctl reload sidekiq.service',
        'sudo -n -l systemctl stop sidekiq.service',
        'sudo -n -l systemctl start sidekiq.service',
        'sudo -n -l systemctl restart sidekiq.service',
      ],
      quiet: ['onlyIf systemctl is-active --quiet sidekiq.service\nsudo systemctl reload sidekiq.service'],
      stop: ['sudo systemctl stop sidekiq.service', ended('systemctl', 'sidekiq.service')],
      start: ['sudo systemctl start sidekiq.service', up('systemctl', 'sidekiq.service', '0|100')],
      restart: ['sudo systemctl restart sidekiq.service', up('systemctl', 'sidekiq.service', '0|100')],
    },
  },
  {
    title: 'a unit without ExecReload is quieted by kill',
    units: [running(100, noReload)],
    given: deploying,
    steps: {
      quiet: ['onlyIf systemctl --user is-active --quiet sidekiq.service\nsystemctl --user kill --kill-who=main -s TSTP sidekiq.service'],
    },
  },
  {
    title: 'an ExecReload that sends another signal is no quiet: it would end Sidekiq 6',
    settings: system,
    units: [running(100, usr1)],
    given: deploying,
    steps: {
      check: [
        'sudo -n -l systemctl kill --kill-who=main -s TSTP sidekiq.service',
        'sudo -n -l systemctl stop sidekiq.service',
        'sudo -n -l systemctl start sidekiq.service',
        'sudo -n -l systemctl restart sidekiq.service',
      ],
      quiet: ['onlyIf systemctl is-active --quiet sidekiq.service\nsudo systemctl kill --kill-who=main -s TSTP sidekiq.service'],
    },
  },
  {
    title: 'several config files are several units: quieted each by itself, stopped and started in one call',
    settings: { configFiles: ['sidekiq.yml', 'sidekiq-high.yml', 'low.prio.yml'] },
    units: [running(100), running(101), running(102)],
    given: deploying,
    steps: {
      quiet: ['sidekiq.service', 'sidekiq.sidekiq-high.service', 'sidekiq.low.prio.service'].map((unit) =>
        reloaded('systemctl --user', unit),
      ),
      stop: [
        'systemctl --user stop sidekiq.service sidekiq.sidekiq-high.service sidekiq.low.prio.service',
        ended('systemctl --user', 'sidekiq.service sidekiq.sidekiq-high.service sidekiq.low.prio.service'),
      ],
      start: [
        'systemctl --user start sidekiq.service sidekiq.sidekiq-high.service sidekiq.low.prio.service',
        up('systemctl --user', 'sidekiq.service sidekiq.sidekiq-high.service sidekiq.low.prio.service', '0|100|101|102'),
      ],
    },
  },
  {
    title: 'processes are the instances of a unit',
    settings: { ...system, processes: 3, serviceUnitName: 'shop_sidekiq' },
    units: [running(100), running(101), running(102)],
    given: live,
    steps: {
      restart: [
        'sudo systemctl restart shop_sidekiq@1.service shop_sidekiq@2.service shop_sidekiq@3.service',
        up('systemctl', 'shop_sidekiq@1.service shop_sidekiq@2.service shop_sidekiq@3.service', '0|100|101|102'),
      ],
      quiet: [1, 2, 3].map((n) => reloaded('systemctl', `shop_sidekiq@${n}.service`)),
    },
  },
  {
    title: 'units that differ are quieted each in its way, and who is down is left alone',
    settings: { configFiles: ['a.yml', 'b.yml', 'c.yml', 'd.yml'] },
    units: [running(100), running(101, noReload), down, running(103)],
    given: deploying,
    steps: {
      quiet: [
        reloaded('systemctl --user', 'sidekiq.a.service'),
        reloaded('systemctl --user', 'sidekiq.d.service'),
        'onlyIf systemctl --user is-active --quiet sidekiq.b.service\nsystemctl --user kill --kill-who=main -s TSTP sidekiq.b.service',
      ],
    },
  },
  {
    title: 'a name that systemd cannot hold is escaped as systemctl would',
    settings: { ...system, serviceUnitName: 'mon café.service', configFiles: ['sidekiq.yml', 'a b.yml'] },
    units: [running(100), running(101)],
    given: live,
    steps: {
      restart: [
        "sudo systemctl restart 'mon\\x20caf\\xc3\\xa9.service' 'mon\\x20caf\\xc3\\xa9.a\\x20b.service'",
        up('systemctl', "'mon\\x20caf\\xc3\\xa9.service' 'mon\\x20caf\\xc3\\xa9.a\\x20b.service'", '0|100|101'),
      ],
    },
  },
  {
    title: 'the name may come with its suffix, and systemctl from a path',
    settings: { ...system, serviceUnitName: 'my-app_sidekiq.service', systemctlBin: '/bin/systemctl' },
    units: [down],
    given: live,
    steps: {
      stop: ['sudo /bin/systemctl stop my-app_sidekiq.service'],
      start: ['sudo /bin/systemctl start my-app_sidekiq.service', up('/bin/systemctl', 'my-app_sidekiq.service')],
    },
  },
  {
    title: 'start of its own, outside a deploy, is content with what runs already',
    units: [running(100)],
    given: live,
    steps: { start: ['systemctl --user start sidekiq.service', up('systemctl --user', 'sidekiq.service', '0', false)] },
  },
  {
    title: 'a start in a deploy, without a stop before it: who still is the process of before is restarted (G86)',
    settings: { ...system, defaultHooks: false, processes: 2 },
    units: [running(100), down],
    given: deploying,
    steps: {
      start: [
        'sudo systemctl start sidekiq@1.service sidekiq@2.service',
        "onlyIf systemctl show -p MainPID sidekiq@1.service | grep -qx 'MainPID=100'\nsudo systemctl restart sidekiq@1.service",
        up('systemctl', 'sidekiq@1.service sidekiq@2.service', '0|100'),
      ],
    },
  },
  {
    title: 'systemd knows only of Type=notify when it is up: the others get two seconds',
    units: [running(100, { Type: 'simple' })],
    given: live,
    steps: { restart: ['systemctl --user restart sidekiq.service', `sleep 2; ${up('systemctl --user', 'sidekiq.service', '0|100')}`] },
  },
  {
    title: 'the first deploy, the unit not written yet: a start that may fail for that alone',
    units: [missing],
    given: first,
    steps: {
      check: [lingers],
      quiet: [],
      stop: [],
      start: ['systemctl --user start sidekiq.service'],
      restart: ['systemctl --user restart sidekiq.service'],
    },
  },
  {
    title: 'the first deploy, the unit there and not started',
    units: [down],
    given: first,
    steps: {
      quiet: [],
      stop: ['systemctl --user stop sidekiq.service'],
      start: ['systemctl --user start sidekiq.service', up('systemctl --user', 'sidekiq.service')],
    },
  },
  {
    title: 'the first deploy, one unit of two there',
    settings: { configFiles: ['a.yml', 'b.yml'] },
    units: [missing, down],
    given: first,
    steps: {
      stop: ['systemctl --user stop sidekiq.b.service'],
      start: [
        'systemctl --user start sidekiq.b.service',
        up('systemctl --user', 'sidekiq.b.service'),
        'systemctl --user start sidekiq.a.service',
      ],
    },
  },
  {
    title: 'a unit that is gone on a host with a good release fails before anything is touched',
    settings: { configFiles: ['a.yml', 'b.yml'] },
    units: [running(100), missing],
    given: deploying,
    steps: { check: ['systemctl --user cat sidekiq.b.service', lingers] },
  },
  {
    title: 'a systemd that could not be asked fails before anything is touched',
    given: {
      ...deploying,
      facts: { session: '1000\n/run/user/1000\n', units: { code: 1, stderr: 'Failed to connect to bus: No medium found\n' } },
    },
    steps: {
      check: ['systemctl --user show -p LoadState sidekiq.service'],
      quiet: ['systemctl --user kill --kill-who=main -s TSTP sidekiq.service'],
    },
  },
  {
    title: 'a session without XDG_RUNTIME_DIR is told where its systemd listens',
    units: [running(100)],
    given: { ...live, facts: { session: '1001\n\n' } },
    steps: {
      restart: [
        'export XDG_RUNTIME_DIR=/run/user/1001\nsystemctl --user restart sidekiq.service',
        `export XDG_RUNTIME_DIR=/run/user/1001\n${up('systemctl --user', 'sidekiq.service', '0|100')}`,
      ],
    },
  },
  ...recoveries(),
]

/** After a failure: what this run quieted or stopped, and only that. */
function recoveries(): Golden[] {
  const back = ['systemctl --user restart sidekiq.service', up('systemctl --user', 'sidekiq.service', '0|100')]
  const after = (
    title: string,
    ran: Given['ran'] & {},
    recover: readonly string[],
    units: readonly UnitFact[] = [running(100)],
    settings = {},
  ): Golden => ({
    title: `recovery: ${title}`,
    settings,
    units,
    given: { ...deploying, ran },
    steps: { recover },
  })
  return [
    after('nothing was quieted', {}, []),
    after('quieted', { 'sidekiq:quiet': 'done' }, back),
    after('the quieting itself failed', { 'sidekiq:quiet': 'started' }, back),
    after('quieted and stopped', { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done' }, back),
    after('stopped without a quiet', { 'sidekiq:stop': 'started' }, back),
    after('a start that failed is not tried again', { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done', 'sidekiq:start': 'started' }, []),
    after(
      'what was started runs the new release already',
      { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done', 'sidekiq:start': 'done' },
      [],
    ),
    after('a restart that failed is not tried again', { 'sidekiq:restart': 'started' }, []),
    after(
      'a restart that began with a quiet, and came no further: where the process of before is still there',
      { 'sidekiq:restart': 'started' },
      [
        "onlyIf systemctl --user show -p MainPID sidekiq.a.service | grep -qx 'MainPID=100'\nsystemctl --user restart sidekiq.a.service",
        "onlyIf systemctl --user show -p MainPID sidekiq.b.service | grep -qx 'MainPID=101'\nsystemctl --user restart sidekiq.b.service",
      ],
      [running(100), running(101), down],
      { drain: true, configFiles: ['a.yml', 'b.yml', 'c.yml'] },
    ),
    after('a restart that came to its end', { 'sidekiq:restart': 'done' }, [], [running(100)], { drain: true }),
    after('who was down before stays down', { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done' }, [], [down]),
    after(
      'who was between two tries is tried again',
      { 'sidekiq:stop': 'done' },
      ['systemctl --user restart sidekiq.service', `sleep 2; ${up('systemctl --user', 'sidekiq.service')}`],
      [crashing],
    ),
    after(
      'only the units that ran',
      { 'sidekiq:quiet': 'done' },
      [
        'sudo systemctl restart sidekiq.a.service',
        'sudo systemctl restart sidekiq.c.service',
        up('systemctl', 'sidekiq.a.service sidekiq.c.service', '0|100|102'),
      ],
      [running(100), down, running(102)],
      { ...system, configFiles: ['a.yml', 'b.yml', 'c.yml'] },
    ),
  ]
}
