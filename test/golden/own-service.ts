import { deploying, down, live, running, says, type UnitFact } from './systemd.ts'
import { ended, up } from './looks.ts'
import type { Given } from '../support/context.ts'

export interface OwnGolden {
  readonly title: string
  readonly settings?: Readonly<Record<string, unknown>>
  readonly unit?: UnitFact
  readonly given?: Given
  /** by task of `mill`: the exact texts of its steps */
  readonly steps: Readonly<Record<string, readonly string[]>>
}

const system = { serviceUnitUser: 'system' }

export const golden: readonly OwnGolden[] = [
  {
    title: 'the system scope',
    settings: system,
    unit: running(100),
    given: live,
    steps: {
      check: [],
      start: ['sudo systemctl start mill.service', up('mill.service', '100')],
      stop: ['sudo systemctl stop mill.service', ended('mill.service')],
      restart: ['sudo systemctl restart mill.service', ended('mill.service'), up('mill.service', '100')],
      enable: ['sudo systemctl enable mill.service'],
      quiet: [
        'onlyIf systemctl is-active --quiet mill.service\nsudo systemctl kill --kill-who=main -s USR1 mill.service',
        `# check that mill.service is still the same process`,
      ],
    },
  },
  {
    title: 'the user scope, under another name',
    settings: { serviceUnitName: 'shop-mill' },
    unit: running(100),
    given: live,
    steps: {
      stop: ['systemctl --user stop shop-mill.service', ended('shop-mill.service')],
      quiet: [
        'onlyIf systemctl --user is-active --quiet shop-mill.service\nsystemctl --user kill --kill-who=main -s USR1 shop-mill.service',
        `# check that shop-mill.service is still the same process`,
      ],
    },
  },
  { title: 'a unit that is down has nothing to quiet', settings: system, unit: down, given: live, steps: { quiet: [] } },
  {
    title: 'a quieted process that still runs is restarted after a failure',
    settings: system,
    unit: running(100),
    given: { ...live, ran: { 'mill:quiet': 'done' } },
    steps: { recover: ['onlyIf # mill.service is the old process, quiet\nsudo systemctl restart mill.service'] },
  },
  {
    title: 'a unit that was quieted and stopped is started after a failure',
    settings: system,
    unit: running(100),
    given: { ...live, ran: { 'mill:quiet': 'done', 'mill:stop': 'done' } },
    steps: {
      recover: [
        'onlyIf # mill.service is the old process, quiet\nsudo systemctl restart mill.service',
        'onlyIf # mill.service is down\nsudo systemctl start mill.service',
        up('mill.service', '100'),
      ],
    },
  },
  {
    title: 'a unit that was started again is left alone after a failure',
    settings: system,
    unit: running(100),
    given: { ...live, ran: { 'mill:quiet': 'done', 'mill:stop': 'done', 'mill:start': 'done' } },
    steps: { recover: [] },
  },
  {
    title: 'a unit that is gone fails before anything is touched',
    settings: system,
    unit: { LoadState: 'not-found', ActiveState: 'inactive', MainPID: '0', Type: '' },
    given: deploying,
    steps: { check: [says('mill.service is not installed')] },
  },
]

/** What a deploy asks sudo, and every rule of `mill:sudoers`. */
export const asks = [
  'sudo -n -l systemctl kill --kill-who=main -s USR1 mill.service',
  'sudo -n -l systemctl start mill.service',
  'sudo -n -l systemctl stop mill.service',
]
export const rules = [
  'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl kill --kill-who\\=main -s USR1 mill.service',
  'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl start mill.service',
  'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl stop mill.service',
  'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart mill.service',
  'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload mill.service',
  'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed mill.service',
  'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl enable mill.service',
  'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl disable mill.service',
]

export const unit = `# Written by shipit for shop (production): mill:install writes mill.service anew from the config. Deployed to /srv/shop
[Unit]
Description=Mill of shop (production)
After=network.target

[Service]
Type=notify
NotifyAccess=main
User=deploy
Group=deploy
WorkingDirectory=/srv/shop/current
Environment="LEVEL=3"
ExecStart=/srv/shop/current/bin/mill --timeout 25
KillMode=mixed
TimeoutStopSec=35
Restart=always
RestartSec=1
SyslogIdentifier=mill

[Install]
WantedBy=multi-user.target
`
