import type { Given } from '../support/context.ts'
import { goodRelease } from '../support/context.ts'
import { ended, up } from './looks.ts'

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

const proved = (call: string, unit: string, pid: number) => [
  call,
  `# check that ${unit} is still the same process`,
  `# note that it was told to be quiet\nmark_quiet ${unit} ${pid}`,
]
const reloaded = (ctl: string, unit: string, pid: number) =>
  proved(`onlyIf ${ctl} is-active --quiet ${unit}\n${ctl === 'systemctl' ? 'sudo ' : ''}${ctl} reload ${unit}`, unit, pid)
const signalled = (ctl: string, unit: string, pid: number) =>
  proved(
    `onlyIf ${ctl} is-active --quiet ${unit}\n${ctl === 'systemctl' ? 'sudo ' : ''}${ctl} kill --kill-who=main -s TSTP ${unit}`,
    unit,
    pid,
  )
const lingers =
  '{ test -e /var/lib/systemd/linger/deploy || [ "$(systemctl is-enabled "user@$(id -u deploy).service" 2>/dev/null)" = enabled ]; } || ' +
  "{ echo 'deploy does not linger: Sidekiq ends soon after logout' >&2; exit 1; }"

export const golden: readonly Golden[] = [
  {
    title: 'the user scope, which is the default, during a deploy',
    units: [running(100)],
    given: deploying,
    steps: {
      check: [lingers],
      quiet: reloaded('systemctl --user', 'sidekiq.service', 100),
      stop: ['systemctl --user stop sidekiq.service', ended('sidekiq.service')],
      start: ['systemctl --user start sidekiq.service', up('sidekiq.service', '100')],
      restart: ['systemctl --user restart sidekiq.service', ended('sidekiq.service'), up('sidekiq.service', '100')],
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
      quiet: reloaded('systemctl', 'sidekiq.service', 100),
      stop: ['sudo systemctl stop sidekiq.service', ended('sidekiq.service')],
      start: ['sudo systemctl start sidekiq.service', up('sidekiq.service', '100')],
      restart: ['sudo systemctl restart sidekiq.service', ended('sidekiq.service'), up('sidekiq.service', '100')],
    },
  },
  {
    title: 'a unit without ExecReload is quieted by kill',
    units: [running(100, noReload)],
    given: deploying,
    steps: {
      quiet: signalled('systemctl --user', 'sidekiq.service', 100),
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
      quiet: signalled('systemctl', 'sidekiq.service', 100),
    },
  },
  {
    title: 'several config files are several units: quieted each by itself, stopped and started in one call',
    settings: { configFiles: ['sidekiq.yml', 'sidekiq-high.yml', 'low.prio.yml'] },
    units: [running(100), running(101), running(102)],
    given: deploying,
    steps: {
      quiet: ['sidekiq.service', 'sidekiq.sidekiq-high.service', 'sidekiq.low.prio.service'].flatMap((unit, i) =>
        reloaded('systemctl --user', unit, 100 + i),
      ),
      stop: [
        'systemctl --user stop sidekiq.service sidekiq.sidekiq-high.service sidekiq.low.prio.service',
        ended('sidekiq.service sidekiq.sidekiq-high.service sidekiq.low.prio.service'),
      ],
      start: [
        'systemctl --user start sidekiq.service sidekiq.sidekiq-high.service sidekiq.low.prio.service',
        up('sidekiq.service sidekiq.sidekiq-high.service sidekiq.low.prio.service', '100 101 102'),
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
        ended('shop_sidekiq@1.service shop_sidekiq@2.service shop_sidekiq@3.service'),
        up('shop_sidekiq@1.service shop_sidekiq@2.service shop_sidekiq@3.service', '100 101 102'),
      ],
      quiet: [1, 2, 3].flatMap((n) => reloaded('systemctl', `shop_sidekiq@${n}.service`, 99 + n)),
    },
  },
  {
    title: 'units that differ are quieted each in its way, and who is down is left alone',
    settings: { configFiles: ['a.yml', 'b.yml', 'c.yml', 'd.yml'] },
    units: [running(100), running(101, noReload), down, running(103)],
    given: deploying,
    steps: {
      quiet: [
        ...reloaded('systemctl --user', 'sidekiq.a.service', 100),
        ...reloaded('systemctl --user', 'sidekiq.d.service', 103),
        ...signalled('systemctl --user', 'sidekiq.b.service', 101),
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
        ended("'mon\\x20caf\\xc3\\xa9.service' 'mon\\x20caf\\xc3\\xa9.a\\x20b.service'"),
        up("'mon\\x20caf\\xc3\\xa9.service' 'mon\\x20caf\\xc3\\xa9.a\\x20b.service'", '100 101'),
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
      start: ['sudo /bin/systemctl start my-app_sidekiq.service', up('my-app_sidekiq.service')],
    },
  },
  {
    title: 'start of its own, outside a deploy, is content with what runs already',
    units: [running(100)],
    given: live,
    steps: { start: ['systemctl --user start sidekiq.service', up('sidekiq.service', '100')] },
  },
  {
    title: 'a start in a deploy, without a stop before it: what is still the old process is restarted (G86)',
    settings: { ...system, defaultHooks: false, processes: 2 },
    units: [running(100), down],
    given: deploying,
    steps: {
      start: [
        'sudo systemctl start sidekiq@1.service sidekiq@2.service',
        "onlyIf systemctl show -p MainPID sidekiq@1.service | grep -qx 'MainPID=100'\nsudo systemctl restart sidekiq@1.service",
        ended('sidekiq@1.service'),
        up('sidekiq@1.service sidekiq@2.service', '100'),
      ],
    },
  },
  {
    title: 'systemd knows only of Type=notify when it is up; for the others the title shows it',
    units: [running(100, { Type: 'simple' })],
    given: live,
    steps: { restart: ['systemctl --user restart sidekiq.service', ended('sidekiq.service'), up('sidekiq.service', '100', 'title')] },
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
      start: ['systemctl --user start sidekiq.service', up('sidekiq.service')],
    },
  },
  {
    title: 'the first deploy, one unit of two there',
    settings: { configFiles: ['a.yml', 'b.yml'] },
    units: [missing, down],
    given: first,
    steps: {
      stop: ['systemctl --user stop sidekiq.b.service'],
      start: ['systemctl --user start sidekiq.b.service', up('sidekiq.b.service'), 'systemctl --user start sidekiq.a.service'],
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
        ended('sidekiq.service'),
        up('sidekiq.service', '100'),
      ],
    },
  },
  ...recoveries(),
]

/** After a failure: what this run quieted or stopped, and only that; by how it is then. */
function recoveries(): Golden[] {
  const ctl = 'systemctl --user'
  const quiet = (unit: string, call = ctl) => `onlyIf # ${unit} is the old process, quiet, and can start again\n${call} restart ${unit}`
  const begin = (unit: string, call = ctl) => `onlyIf # ${unit} is down\n${call} start ${unit}`
  const left = (unit: string) => `# check that ${unit} was not left quiet`
  const one = 'sidekiq.service'
  const begun = [begin(one), ended(one), up(one, '100')]
  const back = [quiet(one), ...begun, left(one)]
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
    after('the quiet was cut short', { 'sidekiq:quiet': 'started' }, back),
    after('the quiet failed: only what is known to be quiet', { 'sidekiq:quiet': 'failed' }, back),
    after('quieted and stopped', { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done' }, back),
    after('stopped without a quiet', { 'sidekiq:stop': 'started' }, begun),
    after('a start that was cut short is made good', { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done', 'sidekiq:start': 'started' }, back),
    after('a start that failed is not tried again', { 'sidekiq:stop': 'done', 'sidekiq:start': 'failed' }, [ended(one)]),
    after(
      'what was started runs the new release already',
      { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done', 'sidekiq:start': 'done' },
      [],
    ),
    after('a restart that failed is not tried again', { 'sidekiq:restart': 'failed' }, [ended(one)]),
    after('a restart that was cut short is made good', { 'sidekiq:restart': 'started' }, begun),
    after(
      'a restart that began with a quiet, and came no further',
      { 'sidekiq:restart': 'started' },
      [
        quiet('sidekiq.a.service'),
        quiet('sidekiq.b.service'),
        begin('sidekiq.a.service'),
        begin('sidekiq.b.service'),
        ended('sidekiq.a.service sidekiq.b.service'),
        up('sidekiq.a.service sidekiq.b.service', '100 101'),
        left('sidekiq.a.service'),
        left('sidekiq.b.service'),
      ],
      [running(100), running(101), down],
      { drain: true, configFiles: ['a.yml', 'b.yml', 'c.yml'] },
    ),
    after('a restart that came to its end', { 'sidekiq:restart': 'done' }, [], [running(100)], { drain: true }),
    after('who was down before stays down', { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done' }, [], [down]),
    after('who was between two tries is tried again', { 'sidekiq:stop': 'done' }, [begin(one), up(one, '', 'title')], [crashing]),
    after(
      'only the units that ran',
      { 'sidekiq:quiet': 'done' },
      [
        quiet('sidekiq.a.service', 'sudo systemctl'),
        quiet('sidekiq.c.service', 'sudo systemctl'),
        begin('sidekiq.a.service', 'sudo systemctl'),
        begin('sidekiq.c.service', 'sudo systemctl'),
        ended('sidekiq.a.service sidekiq.c.service'),
        up('sidekiq.a.service sidekiq.c.service', '100 102'),
        left('sidekiq.a.service'),
        left('sidekiq.c.service'),
      ],
      [running(100), down, running(102)],
      { ...system, configFiles: ['a.yml', 'b.yml', 'c.yml'] },
    ),
  ]
}
