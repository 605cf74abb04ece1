/** What a host says of itself before Puma's units are written. */
const SAYS = {
  user: 'deploy',
  group: 'deploy',
  bundle: '/usr/bin/bundle',
  path: '/usr/local/bin:/usr/bin:/bin',
  rbenv_version: '',
  rbenv_root: '',
  kill: '/bin/kill',
  systemd: '252',
  puma: '6.4.2',
  sd_notify: '',
}
export const pumaHost = (more: Readonly<Record<string, string>> = {}): string =>
  Object.entries({ ...SAYS, ...more })
    .map(([key, value]) => `${key} ${value}\n`)
    .join('')

export interface PumaUnits {
  readonly title: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly host?: Readonly<Record<string, string>>
  /** whole files by name, in the order in which they are written, without their first lines */
  readonly files?: Readonly<Record<string, string>>
  /** lines of the service, in this order */
  readonly lines?: readonly string[]
  /** beginnings of lines that the service must not have */
  readonly without?: readonly string[]
}

export const golden: readonly PumaUnits[] = [
  {
    title: 'a unit of the system',
    settings: { serviceUnitUser: 'system' },
    files: {
      'puma.service': `[Unit]
Description=Puma of shop (production)
After=network.target

[Service]
Type=notify
NotifyAccess=main
WatchdogSec=10
User=deploy
Group=deploy
WorkingDirectory=/srv/shop/current
Environment="RAILS_ENV=production"
ExecStart=/usr/bin/bundle exec puma -e production -C config/puma.rb
ExecReload=/bin/kill -USR2 $MAINPID
KillMode=mixed
TimeoutStopSec=30
Restart=always
RestartSec=1
SyslogIdentifier=puma

[Install]
WantedBy=multi-user.target
`,
    },
  },
  {
    title: 'a unit of the system with a socket on TCP and in the file system',
    settings: { serviceUnitUser: 'system', socket: true, bind: ['tcp://0.0.0.0:9292', 'unix://tmp/sockets/puma.sock?umask=0117'] },
    files: {
      'puma.socket': `[Unit]
Description=Socket of Puma of shop (production)

[Socket]
ListenStream=0.0.0.0:9292
ListenStream=/srv/shop/shared/tmp/sockets/puma.sock
NoDelay=true
ReusePort=true
Backlog=1024

[Install]
WantedBy=sockets.target
`,
      'puma.service': `[Unit]
Description=Puma of shop (production)
After=network.target
Requires=puma.socket

[Service]
Type=notify
NotifyAccess=main
WatchdogSec=10
User=deploy
Group=deploy
WorkingDirectory=/srv/shop/current
Environment="RAILS_ENV=production"
ExecStart=/usr/bin/bundle exec puma -e production -C config/puma.rb -b tcp://0.0.0.0:9292 -b 'unix:///srv/shop/shared/tmp/sockets/puma.sock?umask=0117'
ExecReload=/bin/kill -USR2 $MAINPID
KillMode=mixed
TimeoutStopSec=30
Restart=always
RestartSec=1
SyslogIdentifier=puma

[Install]
WantedBy=multi-user.target
`,
    },
  },
  {
    title: "a user's own unit with a socket of another name, in the file system",
    settings: {
      serviceUnitName: 'shop',
      socket: 'http',
      bind: 'unix:///run/user/1000/shop.sock',
      directives: { Socket: { SocketMode: '0660', Backlog: null } },
    },
    files: {
      'http.socket': `[Unit]
Description=Socket of Puma of shop (production)

[Socket]
ListenStream=/run/user/1000/shop.sock
Service=shop.service
SocketMode=0660

[Install]
WantedBy=sockets.target
`,
      'shop.service': `[Unit]
Description=Puma of shop (production)
Requires=http.socket

[Service]
Type=notify
NotifyAccess=main
WatchdogSec=10
WorkingDirectory=/srv/shop/current
Environment="RAILS_ENV=production"
ExecStart=/usr/bin/bundle exec puma -e production -C config/puma.rb -b unix:///run/user/1000/shop.sock
ExecReload=/bin/kill -USR2 $MAINPID
Sockets=http.socket
KillMode=mixed
TimeoutStopSec=30
Restart=always
RestartSec=1
SyslogIdentifier=shop

[Install]
WantedBy=default.target
`,
    },
  },
  {
    title: 'an address without a socket unit is passed to Puma, names included',
    settings: { bind: 'tcp://localhost:3000' },
    lines: ['ExecStart=/usr/bin/bundle exec puma -e production -C config/puma.rb -b tcp://localhost:3000'],
    without: ['Requires='],
  },
  {
    title: 'a socket unit of somebody else is needed, and not written',
    settings: { socket: true },
    lines: ['Requires=puma.socket', 'ExecStart=/usr/bin/bundle exec puma -e production -C config/puma.rb'],
  },
  {
    title: 'its environment, config file, logs and directives',
    settings: {
      railsEnv: 'staging',
      conf: null,
      serviceUnitEnvVars: { WEB_CONCURRENCY: 2 },
      serviceUnitEnvFiles: ['.env'],
      accessLog: 'log/puma_access.log',
      errorLog: 'log/puma_error.log',
      directives: { Service: { MemoryMax: '2G', TimeoutStopSec: 90 } },
    },
    lines: [
      'Environment="RAILS_ENV=staging"',
      'Environment="WEB_CONCURRENCY=2"',
      'EnvironmentFile=/srv/shop/shared/.env',
      'ExecStart=/usr/bin/bundle exec puma -e staging',
      'TimeoutStopSec=90',
      'StandardOutput=append:/srv/shop/shared/log/puma_access.log',
      'StandardError=append:/srv/shop/shared/log/puma_error.log',
      'MemoryMax=2G',
    ],
  },
  {
    title: 'phased restarts are what a reload is',
    settings: { phased: true },
    lines: ['ExecReload=/bin/kill -USR1 $MAINPID'],
  },
  {
    title: 'a bundle of rbenv brings its PATH and its Ruby',
    settings: {},
    host: {
      bundle: '/home/deploy/.rbenv/shims/bundle',
      path: '/home/deploy/.rbenv/shims:/usr/bin:/bin',
      rbenv_version: '3.4.1',
      rbenv_root: '/home/deploy/.rbenv',
    },
    lines: [
      'Environment="PATH=/home/deploy/.rbenv/shims:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
      'Environment="RBENV_VERSION=3.4.1"',
      'Environment="RBENV_ROOT=/home/deploy/.rbenv"',
      'ExecStart=/home/deploy/.rbenv/shims/bundle exec puma -e production -C config/puma.rb',
    ],
  },
  {
    title: 'no bundle yet: it is looked for at the start',
    settings: {},
    host: { bundle: '' },
    lines: ['ExecStart=/usr/bin/env bundle exec puma -e production -C config/puma.rb'],
  },
  { title: 'a version that is not known', settings: {}, host: { puma: '' }, lines: ['Type=notify'] },
  { title: 'Puma 6.1', settings: {}, host: { puma: '6.1.0' }, lines: ['Type=notify'] },
  {
    title: 'Puma 6.0 without the gem sd_notify',
    settings: {},
    host: { puma: '6.0.2' },
    lines: ['Type=simple'],
    without: ['WatchdogSec=', 'NotifyAccess='],
  },
  { title: 'Puma 5.1 with the gem sd_notify', settings: {}, host: { puma: '5.1.0', sd_notify: '0.1.1' }, lines: ['Type=notify'] },
  {
    title: 'Puma 5.0, whatever gems there are',
    settings: {},
    host: { puma: '5.0.4', sd_notify: '0.1.1' },
    lines: ['Type=simple'],
  },
  { title: 'no watchdog', settings: { systemdWatchdogSec: 0 }, lines: ['Type=notify'], without: ['WatchdogSec='] },
]
