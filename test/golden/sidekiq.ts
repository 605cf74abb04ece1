import type { Given } from '../support/context.ts'
import { goodRelease } from '../support/context.ts'
import { ended, up } from './looks.ts'
import { lingering, says } from './systemd.ts'

/** systemd's answer about a unit. */
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
  /** in the order of the units; undefined: systemd could not be asked */
  readonly units?: readonly UnitFact[]
  readonly given?: Given
  /** the exact texts of the facts that the check of a deploy reads, besides the units */
  readonly asks?: readonly string[]
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
  `# note that it was quieted\nmark_quiet ${unit} ${pid}`,
]
const reloaded = (ctl: string, unit: string, pid: number) =>
  proved(`onlyIf ${ctl} is-active --quiet ${unit}\n${ctl === 'systemctl' ? 'sudo ' : ''}${ctl} reload ${unit}`, unit, pid)
const signalled = (ctl: string, unit: string, pid: number) =>
  proved(
    `onlyIf ${ctl} is-active --quiet ${unit}\n${ctl === 'systemctl' ? 'sudo ' : ''}${ctl} kill --kill-who=main -s TSTP ${unit}`,
    unit,
    pid,
  )
/** Answers in which sudo refuses one call and allows the others. */
const refusing = (at: number): Given => ({ ...deploying, facts: { [`sudo.${at}`]: { code: 1 } } })

export const golden: readonly Golden[] = [
  {
    title: 'the user scope, the default, during a deploy',
    units: [running(100)],
    given: deploying,
    asks: [lingering()],
    steps: {
      check: [],
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
    asks: [
      'sudo -n -l systemctl reload sidekiq.service',
      'sudo -n -l systemctl kill --kill-who=main -s TSTP sidekiq.service',
      'sudo -n -l systemctl stop sidekiq.service',
      'sudo -n -l systemctl start sidekiq.service',
    ],
    steps: {
      check: [],
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
    title: 'an ExecReload with another signal is not used to quiet, because it would end Sidekiq 6',
    settings: system,
    units: [running(100, usr1)],
    given: deploying,
    steps: {
      check: [],
      quiet: signalled('systemctl', 'sidekiq.service', 100),
    },
  },
  {
    title: 'a refused sudo call of this deploy is reported before anything is touched',
    settings: system,
    units: [running(100)],
    given: refusing(0),
    steps: { check: [says('deploy may not run through sudo: systemctl reload sidekiq.service')] },
  },
  {
    title: 'a refused sudo call for a way to quiet that these units do not need is ignored',
    settings: system,
    units: [running(100)],
    given: refusing(1),
    steps: { check: [] },
  },
  {
    title: 'calls of custom hooks are unknown',
    settings: { ...system, defaultHooks: false },
    units: [running(100)],
    given: refusing(0),
    steps: { check: [] },
  },
  {
    title: 'several config files are several units, quieted one by one, stopped and started in one call',
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
    title: 'processes are instances of a template unit',
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
    title: 'units that differ are quieted each in its own way, and a stopped one is left alone',
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
    title: 'a name that systemd must escape is escaped like systemctl does',
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
    title: 'a name may have its suffix, and systemctl a path',
    settings: { ...system, serviceUnitName: 'my-app_sidekiq.service', systemctlBin: '/bin/systemctl' },
    units: [down],
    given: live,
    steps: {
      stop: ['sudo /bin/systemctl stop my-app_sidekiq.service'],
      start: ['sudo /bin/systemctl start my-app_sidekiq.service', up('my-app_sidekiq.service')],
    },
  },
  {
    title: 'a start outside a deploy accepts running processes',
    units: [running(100)],
    given: live,
    steps: { start: ['systemctl --user start sidekiq.service', up('sidekiq.service', '100')] },
  },
  {
    title: 'a start in a deploy without a stop restarts the old process (G86)',
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
    title: 'units other than Type=notify are up when the title shows it',
    units: [running(100, { Type: 'simple' })],
    given: live,
    steps: { restart: ['systemctl --user restart sidekiq.service', ended('sidekiq.service'), up('sidekiq.service', '100', 'title')] },
  },
  {
    title: 'the first deploy without the unit: a start may fail only because of that',
    units: [missing],
    given: first,
    steps: {
      check: [],
      quiet: [],
      stop: [],
      start: ['systemctl --user start sidekiq.service'],
      restart: ['systemctl --user restart sidekiq.service'],
    },
  },
  {
    title: 'the first deploy with a stopped unit',
    units: [down],
    given: first,
    steps: {
      quiet: [],
      stop: ['systemctl --user stop sidekiq.service'],
      start: ['systemctl --user start sidekiq.service', up('sidekiq.service')],
    },
  },
  {
    title: 'the first deploy with one of two units',
    settings: { configFiles: ['a.yml', 'b.yml'] },
    units: [missing, down],
    given: first,
    steps: {
      stop: ['systemctl --user stop sidekiq.b.service'],
      start: ['systemctl --user start sidekiq.b.service', up('sidekiq.b.service'), 'systemctl --user start sidekiq.a.service'],
    },
  },
  {
    title: 'a missing unit on a host with a good release fails before anything is touched',
    settings: { configFiles: ['a.yml', 'b.yml'] },
    units: [running(100), missing],
    given: deploying,
    steps: { check: [says('sidekiq.b.service is not installed')] },
  },
  {
    title: 'an unreachable systemd fails before anything is touched',
    given: {
      ...deploying,
      facts: { session: '1000\n/run/user/1000\n', units: { code: 1, stderr: 'Failed to connect to bus: No medium found\n' } },
    },
    steps: {
      check: [
        says('cannot read the state of sidekiq.service: the systemd of deploy does not answer: Failed to connect to bus: No medium found'),
      ],
      quiet: ['systemctl --user kill --kill-who=main -s TSTP sidekiq.service'],
    },
  },
  {
    title: 'a session without XDG_RUNTIME_DIR gets it set',
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

/** Recoveries after a failure: only of units that this run quieted or stopped, depending on their state. */
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
    after('a failed quiet', { 'sidekiq:quiet': 'failed' }, back),
    after('quieted and stopped', { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done' }, back),
    after('stopped without a quiet', { 'sidekiq:stop': 'started' }, begun),
    after('a start that was cut short', { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done', 'sidekiq:start': 'started' }, back),
    after('a start that failed', { 'sidekiq:stop': 'done', 'sidekiq:start': 'failed' }, [ended(one)]),
    after(
      'a start that was done, after which the unit runs the new release',
      { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done', 'sidekiq:start': 'done' },
      [],
    ),
    after('a restart that failed', { 'sidekiq:restart': 'failed' }, [ended(one)]),
    after('a restart that was cut short', { 'sidekiq:restart': 'started' }, begun),
    after(
      'a restart that got no further than its quiet',
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
    after('a restart that was done', { 'sidekiq:restart': 'done' }, [], [running(100)], { drain: true }),
    after('a unit that was down before', { 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done' }, [], [down]),
    after('a unit between two attempts', { 'sidekiq:stop': 'done' }, [begin(one), up(one, '', 'title')], [crashing]),
    after(
      'one of two units ran',
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
