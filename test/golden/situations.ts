/**
 * The situations of capistrano-sidekiq 0.x to 3.x, by their numbers, and what shipit does in each: which commands, on which units.
 * Where it decides otherwise than capistrano-sidekiq did, `why` says so.
 */
export interface Situation {
  readonly ids: readonly string[]
  readonly what: string
  readonly settings?: Readonly<Record<string, unknown>>
  readonly task: string
  /** exact, in order: what acts, without the looks before and after it; a file that is written is `write PATH` */
  readonly does: readonly string[]
  /** the units; default: the one of `serviceUnitName` */
  readonly units?: readonly string[]
  /** default: they run, with an ExecReload that is none; `reloads`: it is TSTP, as capistrano-sidekiq 2.0 wrote it */
  readonly state?: 'running' | 'reloads' | 'missing'
  /** whose units they are lingers; default: yes */
  readonly lingers?: false
  /** the host's own, in the inventory */
  readonly vars?: Readonly<Record<string, unknown>>
  readonly why?: string
}

export const NAME = 'myapp_sidekiq_production'
const U = `${NAME}.service`
export const system = { serviceUnitUser: 'system' }
const two = { configFiles: ['sidekiq.yml', 'sidekiq-high.yml'] }
const U2 = `${NAME}.sidekiq-high.service`
export const HOME = '/home/deploy/.config/systemd/user'

export const quiet = (ctl: string, unit: string) =>
  `onlyIf ${ctl} is-active --quiet ${unit}\n${ctl === 'systemctl' ? 'sudo ' : ''}${ctl} kill --kill-who=main -s TSTP ${unit}`
const asSidekiq = (text: string) =>
  `sudo -H -u sidekiq -- /bin/sh <<'SHIPIT'\n( set -e\nexport XDG_RUNTIME_DIR=/run/user/999\n${text}\n) </dev/null\nSHIPIT`
export const user = (verb: string, ...units: string[]) => `systemctl --user ${verb} ${units.join(' ')}`
export const removed = (ctl: string, unit: string, file: string) => {
  const sudo = ctl === 'systemctl' ? 'sudo ' : ''
  return [
    `${sudo}${ctl} stop ${unit}`,
    `${sudo}${ctl} disable ${unit}`,
    `onlyIf ${ctl} is-failed --quiet ${unit}\n${sudo}${ctl} reset-failed ${unit}`,
    `${sudo}rm -f ${file}`,
    `${sudo}${ctl} daemon-reload`,
  ]
}
export const root = (verb: string, ...units: string[]) => `sudo systemctl ${verb} ${units.join(' ')}`
export const reload = (ctl: string, unit: string) => `onlyIf ${ctl} is-active --quiet ${unit}\n${ctl} reload ${unit}`
const three = { configFiles: ['sidekiq.yml', 'sidekiq-high.yml', 'low.yml'] }
const U3 = `${NAME}.low.service`

export const situations: readonly Situation[] = [
  { ids: ['G01'], what: 'start', task: 'start', does: [user('start', U)] },
  { ids: ['G02'], what: 'stop', task: 'stop', does: [user('stop', U)] },
  { ids: ['G03'], what: 'restart is one command', task: 'restart', does: [user('restart', U)] },
  { ids: ['G05'], what: 'quiet is for the main process alone, and for one that runs', task: 'quiet', does: [quiet('systemctl --user', U)] },
  {
    ids: ['G06'],
    what: 'enable',
    task: 'enable',
    does: [user('enable', U)],
    why: 'that the user lingers is looked at here, and brought about by install',
  },
  { ids: ['G07'], what: 'disable', task: 'disable', does: [user('disable', U)] },
  {
    ids: ['G08'],
    what: 'install',
    task: 'install',
    state: 'missing',
    lingers: false,
    does: [
      'loginctl enable-linger deploy 2>/dev/null || sudo -n loginctl enable-linger deploy',
      `write ${HOME}/${U}`,
      user('daemon-reload').trim(),
      user('enable', U),
    ],
    why: 'systemd is told of the file, and reads it before it is used; who lingers is seen to first',
  },
  {
    ids: ['G09'],
    what: 'uninstall',
    task: 'uninstall',
    does: removed('systemctl --user', U, `${HOME}/${U}`),
    why: 'it is stopped first, and nothing of it stays loaded',
  },
  { ids: ['G10', 'G15'], what: 'start of a system unit', settings: system, task: 'start', does: [root('start', U)] },
  { ids: ['G11'], what: 'quiet of a system unit', settings: system, task: 'quiet', does: [quiet('systemctl', U)] },
  { ids: ['G12'], what: 'enable of a system unit: nobody lingers', settings: system, task: 'enable', does: [root('enable', U)] },
  {
    ids: ['G13'],
    what: 'install of a system unit',
    settings: system,
    task: 'install',
    state: 'missing',
    does: [`write /etc/systemd/system/${U}`, root('daemon-reload').trim(), root('enable', U)],
  },
  {
    ids: ['G14'],
    what: 'uninstall of a system unit',
    settings: system,
    task: 'uninstall',
    does: removed('systemctl', U, `/etc/systemd/system/${U}`),
  },
  {
    ids: ['G16'],
    what: 'enable where the user does not linger: enabled, and a failure, for it would not start at boot',
    task: 'enable',
    lingers: false,
    does: [user('enable', U)],
    why: 'nobody has to be named: it is the user whose systemd has the unit',
  },
  {
    ids: ['G17'],
    what: 'it is the owner of the unit who is made to linger, nobody else',
    settings: { user: 'sidekiq' },
    task: 'install',
    state: 'missing',
    lingers: false,
    does: [
      'sudo -n loginctl enable-linger sidekiq',
      `write ${HOME.replace('deploy', 'sidekiq')}/${U}`,
      asSidekiq(user('daemon-reload').trim()),
      asSidekiq(user('enable', U)),
    ],
    why: 'a lingering user of another name would keep another systemd alive',
  },
  {
    ids: ['G18'],
    what: 'a system unit needs nobody to linger, and there is no setting for it',
    settings: system,
    task: 'enable',
    lingers: false,
    does: [root('enable', U)],
    why: "lingering does nothing for a unit of the system's",
  },
  {
    ids: ['G19'],
    what: 'two config files are started in one call',
    settings: two,
    units: [U, U2],
    task: 'start',
    does: [user('start', U, U2)],
  },
  {
    ids: ['G44'],
    what: 'three are stopped in one call: that one of them fails keeps no other from it',
    settings: three,
    units: [U, U2, U3],
    task: 'stop',
    does: [user('stop', U, U2, U3)],
    why: 'at the same time, and not in turns of which the first failure is the last',
  },
  {
    ids: ['G20'],
    what: 'two config files are quieted one by one',
    settings: two,
    units: [U, U2],
    task: 'quiet',
    does: [quiet('systemctl --user', U), quiet('systemctl --user', U2)],
  },
  {
    ids: ['G21', 'G22'],
    what: 'two config files are two units, each with its own config',
    settings: two,
    units: [U, U2],
    task: 'install',
    state: 'missing',
    does: [
      `write ${HOME}/${U}`,
      `write ${HOME}/${U2} with -C config/sidekiq-high.yml`,
      user('daemon-reload').trim(),
      user('enable', U, U2),
    ],
  },
  {
    ids: ['G24', 'G42'],
    what: "another user's unit",
    settings: { user: 'sidekiq' },
    task: 'start',
    does: [asSidekiq(user('start', U))],
    why: 'with the bus of that user, without which systemctl finds none; no umask reaches what systemd starts: the unit has UMask=',
  },
  {
    ids: ['G28'],
    what: 'a variable of the host says nothing of the user',
    vars: { run_as: 'runner', sidekiq_user: 'runner' },
    task: 'start',
    does: [user('start', U)],
    why: 'one setting says who, in the config or in the stage: see G29',
  },
  {
    ids: ['G25'],
    what: "enable of another user's unit is that user's too",
    settings: { user: 'sidekiq' },
    task: 'enable',
    does: [asSidekiq(user('enable', U))],
  },
  {
    ids: ['G26'],
    what: 'a system unit that runs as another user',
    settings: { ...system, user: 'sidekiq' },
    task: 'start',
    does: [root('start', U)],
    why: 'User= of the unit says who; the deploy user calls systemctl',
  },
  { ids: ['G27'], what: 'the user who deploys anyway', settings: { user: 'deploy' }, task: 'start', does: [user('start', U)] },
  {
    ids: ['G31'],
    what: 'systemctl by its path',
    settings: { systemctlBin: '/usr/bin/systemctl' },
    task: 'start',
    does: [`/usr/bin/${user('start', U)}`],
  },
  { ids: ['G32'], what: 'systemctl by its name', settings: { systemctlBin: 'systemctl' }, task: 'start', does: [user('start', U)] },
  {
    ids: ['G33'],
    what: 'another name of the unit, always with its suffix',
    settings: { serviceUnitName: 'my_sk' },
    units: ['my_sk.service'],
    task: 'quiet',
    does: [quiet('systemctl --user', 'my_sk.service')],
  },
  {
    ids: ['G33'],
    what: 'and so at its start',
    settings: { serviceUnitName: 'my_sk' },
    units: ['my_sk.service'],
    task: 'start',
    does: [user('start', 'my_sk.service')],
  },
]
