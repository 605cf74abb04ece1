/**
 * The situations of capistrano-sidekiq 0.x to 3.x, by their numbers, and what shipit does in each: which commands, on which units.
 * Where it differs from capistrano-sidekiq, `why` says why.
 */
export interface Situation {
  readonly ids: readonly string[]
  readonly what: string
  readonly settings?: Readonly<Record<string, unknown>>
  readonly task: string
  /** the commands, exact and in order, without the checks before and after them; a written file is `write PATH` */
  readonly does: readonly string[]
  /** the units; default: the one of `serviceUnitName` */
  readonly units?: readonly string[]
  /** default: they run, without an ExecReload; `reloads`: it sends TSTP, as capistrano-sidekiq 2.0 wrote it */
  readonly state?: 'running' | 'reloads' | 'missing'
  /** whether the user of the units lingers; default: yes */
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
  { ids: ['G05'], what: 'quiet signals only the main process, if that is running', task: 'quiet', does: [quiet('systemctl --user', U)] },
  {
    ids: ['G06'],
    what: 'enable',
    task: 'enable',
    does: [user('enable', U)],
    why: 'enable checks for lingering, and install enables it',
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
    why: 'the file is reloaded before it is used, and lingering comes first',
  },
  {
    ids: ['G09'],
    what: 'uninstall',
    task: 'uninstall',
    does: removed('systemctl --user', U, `${HOME}/${U}`),
    why: 'the unit is stopped first, and nothing of it stays loaded',
  },
  { ids: ['G10', 'G15'], what: 'start of a system unit', settings: system, task: 'start', does: [root('start', U)] },
  { ids: ['G11'], what: 'quiet of a system unit', settings: system, task: 'quiet', does: [quiet('systemctl', U)] },
  { ids: ['G12'], what: 'enable of a system unit needs no lingering', settings: system, task: 'enable', does: [root('enable', U)] },
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
    what: 'enable without lingering enables the unit and fails, because it would not start at boot',
    task: 'enable',
    lingers: false,
    does: [user('enable', U)],
    why: 'no user has to be named: it is the one whose systemd has the unit',
  },
  {
    ids: ['G17'],
    what: "lingering is enabled for the unit's owner, and for no other user",
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
    why: 'lingering of another user would keep another systemd alive',
  },
  {
    ids: ['G18'],
    what: 'a system unit needs no lingering, and there is no setting for it',
    settings: system,
    task: 'enable',
    lingers: false,
    does: [root('enable', U)],
    why: 'lingering has no effect on a system unit',
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
    what: 'three units are stopped in one call, so that a failure of one does not spare the others',
    settings: three,
    units: [U, U2, U3],
    task: 'stop',
    does: [user('stop', U, U2, U3)],
    why: 'all at once, not one after the other until the first failure',
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
    why: "with that user's bus, which systemctl needs; no umask reaches what systemd starts, so the unit has UMask=",
  },
  {
    ids: ['G28'],
    what: 'a var of the host does not set the user',
    vars: { run_as: 'runner', sidekiq_user: 'runner' },
    task: 'start',
    does: [user('start', U)],
    why: 'one setting names the user, in the config or in the stage: see G29',
  },
  {
    ids: ['G25'],
    what: "enable of another user's unit runs as that user too",
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
    why: "the unit's User= names the user, and the deploy user calls systemctl",
  },
  { ids: ['G27'], what: 'the user setting with the deploy user', settings: { user: 'deploy' }, task: 'start', does: [user('start', U)] },
  {
    ids: ['G31'],
    what: 'systemctl with a path',
    settings: { systemctlBin: '/usr/bin/systemctl' },
    task: 'start',
    does: [`/usr/bin/${user('start', U)}`],
  },
  { ids: ['G32'], what: 'systemctl with a name', settings: { systemctlBin: 'systemctl' }, task: 'start', does: [user('start', U)] },
  {
    ids: ['G33'],
    what: 'another unit name always gets its suffix',
    settings: { serviceUnitName: 'my_sk' },
    units: ['my_sk.service'],
    task: 'quiet',
    does: [quiet('systemctl --user', 'my_sk.service')],
  },
  {
    ids: ['G33'],
    what: 'another unit name at a start',
    settings: { serviceUnitName: 'my_sk' },
    units: ['my_sk.service'],
    task: 'start',
    does: [user('start', 'my_sk.service')],
  },
]
