import type { GivenService } from '../../recipes/systemd/given.ts'

/** The lines that `puma:sudoers` prints, by the settings of `puma()`. */
export const pumaRules: readonly { readonly settings: Readonly<Record<string, unknown>>; readonly lines: readonly string[] }[] = [
  {
    settings: { serviceUnitUser: 'system' },
    lines: [
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl start puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl stop puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl enable puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl disable puma.service',
    ],
  },
  {
    settings: { serviceUnitUser: 'system', socket: true },
    lines: [
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl start puma.socket puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl stop puma.socket puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl start puma.socket',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed puma.socket puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl enable puma.socket puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl disable puma.socket puma.service',
    ],
  },
  {
    settings: { serviceUnitUser: 'system', socket: true, phased: true },
    lines: [
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl start puma.socket puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl stop puma.socket puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl start puma.socket',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl kill --kill-who\\=main -s USR1 puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed puma.socket puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl enable puma.socket puma.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl disable puma.socket puma.service',
    ],
  },
  { settings: {}, lines: [] },
  { settings: { user: 'deploy' }, lines: [] },
  { settings: { user: 'svc' }, lines: ['deploy ALL=(svc) NOPASSWD: /bin/sh ""'] },
]

/** The lines that `systemd:web:sudoers` prints, by the settings of the service. */
export const webRules: readonly { readonly service: GivenService; readonly lines: readonly string[] }[] = [
  {
    service: { serviceUnitUser: 'system', units: ['a@1', 'b'], rolling: { size: 1 }, reloadOrRestart: true },
    lines: [
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl start a@1.service b.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl stop a@1.service b.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart a@1.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart b.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload-or-restart a@1.service b.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed a@1.service b.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed a@1.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed b.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl enable a@1.service b.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl disable a@1.service b.service',
    ],
  },
  {
    service: { serviceUnitUser: 'system', unit: 'my app' },
    lines: [
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl start my\\\\\\\\x20app.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl stop my\\\\\\\\x20app.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart my\\\\\\\\x20app.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload my\\\\\\\\x20app.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed my\\\\\\\\x20app.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl enable my\\\\\\\\x20app.service',
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl disable my\\\\\\\\x20app.service',
    ],
  },
  { service: { user: 'svc' }, lines: ['deploy ALL=(svc) NOPASSWD: /bin/sh ""'] },
  { service: {}, lines: [] },
]
