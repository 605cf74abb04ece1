import type { Given } from '../support/context.ts'

/** The facts of a host before its units are written. */
export const host = (more: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    user: 'deploy',
    group: 'deploy',
    bundle: '/usr/bin/bundle',
    path: '/usr/local/bin:/usr/bin:/bin:/usr/games',
    rbenv_version: '',
    rbenv_root: '',
    kill: '/bin/kill',
    systemd: '252',
    sidekiq: '6.4.1',
    ...more,
  })
    .map(([key, value]) => `${key} ${value}\n`)
    .join('')

export interface UnitGolden {
  readonly title: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly host?: Readonly<Record<string, string>>
  readonly given?: Given
  /** of the first file, or the one of this name */
  readonly file?: string
  /** the whole text without its first line */
  readonly text?: string
  /** lines that are there, in this order */
  readonly lines?: readonly string[]
  /** beginnings that no line has */
  readonly without?: readonly string[]
}

const system = { serviceUnitUser: 'system' }
const rbenv = {
  bundle: '/home/deploy/.rbenv/shims/bundle',
  path: '/home/deploy/.rbenv/shims:/home/deploy/.rbenv/bin:/usr/local/bin:/usr/bin:/bin:/usr/games',
}

export const golden: readonly UnitGolden[] = [
  {
    title: 'a system unit has these lines, and runs as the deploy user by default (G104)',
    settings: system,
    text: `[Unit]
Description=Sidekiq of shop (production)
After=network.target

[Service]
Type=notify
NotifyAccess=main
WatchdogSec=30
User=deploy
Group=deploy
WorkingDirectory=/srv/shop/current
Environment="RAILS_ENV=production"
Environment="MALLOC_ARENA_MAX=2"
ExecStart=/usr/bin/bundle exec sidekiq -e production -t 25
ExecReload=/bin/kill -TSTP $MAINPID
KillMode=mixed
TimeoutStopSec=35
Restart=always
RestartSec=1
UMask=0002
SyslogIdentifier=sidekiq

[Install]
WantedBy=multi-user.target
`,
  },
  {
    title: "a unit of the user's systemd has no User= and is wanted by default.target (G103)",
    settings: { user: 'deploy' },
    lines: ['[Service]', 'Type=notify', '[Install]', 'WantedBy=default.target'],
    without: ['User=', 'Group=', 'After=', 'WantedBy=multi-user'],
  },
  {
    title: 'a system unit of another user',
    settings: { ...system, user: 'svc' },
    host: { user: 'svc', group: 'workers' },
    lines: ['User=svc', 'Group=workers', 'WantedBy=multi-user.target'],
    without: ['User=deploy', 'WantedBy=default.target'],
  },
  {
    title: 'root, if set',
    settings: { ...system, user: 'root' },
    host: { user: 'root', group: 'root' },
    given: { layout: { user: 'root' } },
    lines: ['User=root', 'Group=root'],
  },
  {
    title: 'a timeout of 60 s gives systemd 70 s (G97)',
    settings: { timeout: 60 },
    lines: ['ExecStart=/usr/bin/bundle exec sidekiq -e production -t 60', 'TimeoutStopSec=70'],
  },
  {
    title: 'environment is quoted, and a percent sign doubled (G100, G101)',
    settings: { serviceUnitEnvVars: { FOO: 'a b', PCT: '50%H', QUOTE: `it's "so" \\ $HOME`, N: 5, MALLOC_ARENA_MAX: 4 } },
    lines: [
      'Environment="MALLOC_ARENA_MAX=4"',
      'Environment="FOO=a b"',
      'Environment="PCT=50%%H"',
      String.raw`Environment="QUOTE=it's \"so\" \\ $HOME"`,
      'Environment="N=5"',
    ],
    without: ['Environment="MALLOC_ARENA_MAX=2"'],
  },
  {
    title: 'environment files, with one that may be missing (G102)',
    settings: { serviceUnitEnvFiles: ['-/etc/app.env', '.env', '-config/a b 50%.env'] },
    lines: [
      'EnvironmentFile=-/etc/app.env',
      'EnvironmentFile=/srv/shop/shared/.env',
      'EnvironmentFile=-/srv/shop/shared/config/a b 50%%.env',
    ],
  },
  {
    title: 'a login shell is replaced by Sidekiq, and reads none of its arguments (G105)',
    settings: { useLoginShell: true, commandArgs: ['-r', "./it's.rb"] },
    host: rbenv,
    lines: [
      `ExecStart=/bin/bash -lc 'exec "$$@"' sidekiq /home/deploy/.rbenv/shims/bundle exec sidekiq -e production -t 25 -r "./it's.rb"`,
    ],
    without: ['Environment="PATH='],
  },
  {
    title: 'a login shell finds bundle itself if the host does not',
    settings: { useLoginShell: true },
    host: { bundle: '' },
    lines: [`ExecStart=/bin/bash -lc 'exec "$$@"' sidekiq bundle exec sidekiq -e production -t 25`],
  },
  {
    title: 'every argument of ExecStart stays one argument',
    settings: { commandArgs: ['a b', '50%', '$HOME', '"', '\\', ';', '', 'it\'s "so"'] },
    lines: [String.raw`ExecStart=/usr/bin/bundle exec sidekiq -e production -t 25 'a b' 50%% $$HOME '"' '\\' ';' '' "it's \"so\""`],
  },
  {
    title: 'a config file, a concurrency and queues',
    settings: { configFiles: ['high.yml'], concurrency: 7, queues: ['critical,2', 'default'], railsEnv: 'staging' },
    lines: [
      'Description=Sidekiq of shop (production) high.yml',
      'Environment="RAILS_ENV=staging"',
      'ExecStart=/usr/bin/bundle exec sidekiq -e staging -C config/high.yml -c 7 -q critical,2 -q default -t 25',
      'SyslogIdentifier=sidekiq.high',
    ],
  },
  {
    title: "the environment of rails() is Sidekiq's",
    settings: {},
    given: { others: { rails: { railsEnv: 'live' } } },
    lines: ['Environment="RAILS_ENV=live"', 'ExecStart=/usr/bin/bundle exec sidekiq -e live -t 25'],
  },
  {
    title: 'several processes are instances of a template',
    settings: { ...system, processes: 2, configFiles: ['sidekiq.yml', 'low.yml'], log: 'log/sidekiq.log' },
    file: 'sidekiq.low@.service',
    lines: [
      'Description=Sidekiq of shop (production) low.yml %i',
      'ExecStart=/usr/bin/bundle exec sidekiq -e production -C config/low.yml -t 25',
      'StandardOutput=append:/srv/shop/shared/log/sidekiq.log',
      'StandardError=append:/srv/shop/shared/log/sidekiq.log',
      'SyslogIdentifier=sidekiq.low@%i',
    ],
  },
  {
    title: "rbenv's shims are in the PATH, and its version is set",
    settings: system,
    host: { ...rbenv, rbenv_version: '3.4.1', rbenv_root: '/home/deploy/.rbenv' },
    lines: [
      'Environment="PATH=/home/deploy/.rbenv/shims:/home/deploy/.rbenv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
      'Environment="RBENV_VERSION=3.4.1"',
      'Environment="RBENV_ROOT=/home/deploy/.rbenv"',
      'ExecStart=/home/deploy/.rbenv/shims/bundle exec sidekiq -e production -t 25',
    ],
  },
  {
    title: 'a host without bundle gets env, which looks it up when Sidekiq starts',
    settings: {},
    host: { bundle: '', sidekiq: '' },
    lines: ['Type=notify', 'ExecStart=/usr/bin/env bundle exec sidekiq -e production -t 25'],
  },
  {
    title: 'the path of bundle, if set',
    settings: { bundlerPath: '/opt/my ruby/bin/bundle' },
    lines: ["ExecStart='/opt/my ruby/bin/bundle' exec sidekiq -e production -t 25"],
  },
  {
    title: 'Sidekiq before 6.0.6 has no Type=notify',
    settings: {},
    host: { sidekiq: '6.0.5' },
    lines: ['Type=simple'],
    without: ['NotifyAccess', 'WatchdogSec'],
  },
  { title: 'notify from 6.0.6', settings: {}, host: { sidekiq: '6.0.6' }, lines: ['Type=notify', 'NotifyAccess=main', 'WatchdogSec=30'] },
  { title: 'no watchdog', settings: { systemdWatchdogSec: 0 }, lines: ['Type=notify'], without: ['WatchdogSec'] },
  {
    title: "Sidekiq Enterprise's swarm gets the signal and passes it to its children",
    settings: { command: 'sidekiqswarm', serviceUnitEnvVars: { SIDEKIQ_COUNT: 4 } },
    lines: ['Environment="SIDEKIQ_COUNT=4"', 'ExecStart=/usr/bin/bundle exec sidekiqswarm -e production -t 25', 'KillMode=mixed'],
  },
  {
    title: 'directives by section: changed, added, repeated and removed',
    settings: {
      ...system,
      wants: ['redis-server.service'],
      timeoutStartSec: 120,
      umask: null,
      directives: {
        Unit: { StartLimitIntervalSec: 60, Description: 'Workers of %H' },
        Service: { MemoryMax: '2G', NoNewPrivileges: true, Environment: ['A=1', 'B=2'], WatchdogSec: null },
        Install: { WantedBy: 'shop.target' },
      },
    },
    lines: [
      'Description=Workers of %H',
      'After=network.target redis-server.service',
      'Wants=redis-server.service',
      'StartLimitIntervalSec=60',
      'Environment=A=1',
      'Environment=B=2',
      'TimeoutStartSec=120',
      'MemoryMax=2G',
      'NoNewPrivileges=true',
      'WantedBy=shop.target',
    ],
    without: ['WatchdogSec', 'UMask', 'Environment="', 'WantedBy=multi-user'],
  },
  {
    title: 'another Type in a directive removes the watchdog',
    settings: { directives: { Service: { Type: 'exec' } } },
    lines: ['Type=exec'],
    without: ['NotifyAccess', 'WatchdogSec'],
  },
  {
    title: 'a name that systemd must escape',
    settings: { serviceUnitName: 'my app' },
    file: 'my\\x20app.service',
    lines: ['SyslogIdentifier=my\\x20app'],
  },
  {
    title: 'a folder with a percent sign, and a folder in the home',
    settings: {},
    given: { deployTo: '~/apps/50%' },
    lines: ['WorkingDirectory=/home/deploy/apps/50%%/current'],
  },
]
