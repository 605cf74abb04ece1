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
  /** default: they run, with an ExecReload that is none */
  readonly state?: 'running' | 'down' | 'missing'
  /** a deploy is under way: the release is not the live one */
  readonly deploying?: true
  readonly why?: string
}

export const NAME = 'myapp_sidekiq_production'
const U = `${NAME}.service`
const system = { serviceUnitUser: 'system' }
const two = { configFiles: ['sidekiq.yml', 'sidekiq-high.yml'] }
const U2 = `${NAME}.sidekiq-high.service`
const plain = { serviceUnitName: 'sidekiq' }
const HOME = '/home/deploy/.config/systemd/user'

const quiet = (ctl: string, unit: string) =>
  `onlyIf ${ctl} is-active --quiet ${unit}\n${ctl === 'systemctl' ? 'sudo ' : ''}${ctl} kill --kill-who=main -s TSTP ${unit}`
const asSidekiq = (text: string) =>
  `sudo -H -u sidekiq -- /bin/sh <<'SHIPIT'\n( set -e\nexport XDG_RUNTIME_DIR=/run/user/999\n${text}\n) </dev/null\nSHIPIT`
const user = (verb: string, ...units: string[]) => `systemctl --user ${verb} ${units.join(' ')}`
const removed = (ctl: string, unit: string, file: string) => {
  const sudo = ctl === 'systemctl' ? 'sudo ' : ''
  return [
    `${sudo}${ctl} stop ${unit}`,
    `${sudo}${ctl} disable ${unit}`,
    `onlyIf ${ctl} is-failed --quiet ${unit}\n${sudo}${ctl} reset-failed ${unit}`,
    `${sudo}rm -f ${file}`,
    `${sudo}${ctl} daemon-reload`,
  ]
}
const root = (verb: string, ...units: string[]) => `sudo systemctl ${verb} ${units.join(' ')}`

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
    why: 'lingering is looked at here, and switched on by install',
  },
  { ids: ['G07'], what: 'disable', task: 'disable', does: [user('disable', U)] },
  {
    ids: ['G08'],
    what: 'install',
    task: 'install',
    state: 'missing',
    does: [`write ${HOME}/${U}`, user('daemon-reload').trim(), user('enable', U)],
    why: 'systemd is told of the file, and reads it before it is used',
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
    ids: ['G16', 'G17'],
    what: 'enable when nobody was named to linger',
    task: 'enable',
    does: [user('enable', U)],
    why: 'it is always the user whose systemd has the unit, so there is nobody to name',
  },
  {
    ids: ['G18'],
    what: 'enable of a system unit with lingering asked for',
    settings: system,
    task: 'enable',
    does: [root('enable', U)],
    why: "lingering does nothing for a unit of the system's",
  },
  {
    ids: ['G19', 'G44'],
    what: 'two config files are started in one call; one that fails keeps no other from it',
    settings: two,
    units: [U, U2],
    task: 'start',
    does: [user('start', U, U2)],
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
    ids: ['G23'],
    what: 'other config files on another server: the recipe again, under another name',
    settings: { configFiles: ['lo.yml', 'sidekiq.yml'] },
    units: [`${NAME}.lo.service`, U],
    task: 'restart',
    does: [user('restart', `${NAME}.lo.service`, U)],
  },
  {
    ids: ['G24', 'G28', 'G29', 'G30', 'G42'],
    what: "another user's unit",
    settings: { user: 'sidekiq' },
    task: 'start',
    does: [asSidekiq(user('start', U))],
    why: 'with the bus of that user, without which systemctl finds none; one setting says who, and no umask reaches systemd',
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
  { ids: ['G40'], what: 'quiet that fails is not passed over', task: 'quiet', does: [quiet('systemctl --user', U)] },
  {
    ids: ['G45', 'G55', 'G69'],
    what: '2.x and 1.x under systemd: quiet',
    settings: plain,
    units: ['sidekiq.service'],
    task: 'quiet',
    does: [quiet('systemctl --user', 'sidekiq.service')],
  },
  {
    ids: ['G46'],
    what: '2.3: start',
    settings: plain,
    units: ['sidekiq.service'],
    task: 'start',
    does: [user('start', 'sidekiq.service')],
  },
  {
    ids: ['G47', 'G57'],
    what: '2.x: restart',
    settings: plain,
    units: ['sidekiq.service'],
    task: 'restart',
    does: [user('restart', 'sidekiq.service')],
    why: "jobs are waited for by Redis (drain), not by the process's title",
  },
  {
    ids: ['G48'],
    what: '2.3: restart of a system unit',
    settings: { ...plain, ...system },
    units: ['sidekiq.service'],
    task: 'restart',
    does: [root('restart', 'sidekiq.service')],
  },
  {
    ids: ['G49'],
    what: '2.3: install',
    settings: plain,
    units: ['sidekiq.service'],
    task: 'install',
    state: 'missing',
    does: [`write ${HOME}/sidekiq.service`, user('daemon-reload').trim(), user('enable', 'sidekiq.service')],
  },
  {
    ids: ['G50', 'G56'],
    what: '2.x: install of a system unit',
    settings: { ...plain, ...system },
    units: ['sidekiq.service'],
    task: 'install',
    state: 'missing',
    does: ['write /etc/systemd/system/sidekiq.service', root('daemon-reload').trim(), root('enable', 'sidekiq.service')],
  },
  {
    ids: ['G51'],
    what: '2.3: uninstall',
    settings: plain,
    units: ['sidekiq.service'],
    task: 'uninstall',
    does: removed('systemctl --user', 'sidekiq.service', `${HOME}/sidekiq.service`),
    why: 'without sudo, as the unit is the user’s',
  },
  {
    ids: ['G52', 'G54'],
    what: 'processes are named one by one: no brace is left to a shell; one process is the unit itself',
    settings: { ...plain, processes: 3 },
    units: ['sidekiq@1.service', 'sidekiq@2.service', 'sidekiq@3.service'],
    task: 'restart',
    does: [user('restart', 'sidekiq@1.service', 'sidekiq@2.service', 'sidekiq@3.service')],
  },
  {
    ids: ['G53'],
    what: 'several processes are one template and its instances',
    settings: { ...plain, processes: 2 },
    units: ['sidekiq@1.service', 'sidekiq@2.service'],
    task: 'install',
    state: 'missing',
    does: [`write ${HOME}/sidekiq@.service`, user('daemon-reload').trim(), user('enable', 'sidekiq@1.service', 'sidekiq@2.service')],
  },
]
