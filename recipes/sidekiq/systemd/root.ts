import type { Command } from '../../../src/index.ts'
import { scoped, systemctl } from '../../systemd/systemctl.ts'
import type { Context } from '../manager.ts'

/** After any change of unit files. */
export const daemonReload = (c: Context, task: 'install' | 'uninstall'): Command => {
  const text = scoped(c)`${[...systemctl(c), 'daemon-reload']}`
  return c.settings.serviceUnitUser === 'system' ? text.sudo().hint(asRoot(c, task)) : text
}

/** What to do where sudo refuses: writing units is root's, and no rule of sudoers can allow a part of it. */
export const asRoot = (c: Context, task: 'install' | 'uninstall'): string => {
  const user = c.settings.user === null ? ['--set', `sidekiq.user=${c.layout.user || 'deploy'}`] : []
  return `units of the system are root's. Once, as somebody who may: ${c.shipit(`sidekiq:${task}`, '--set', 'ssh.user=root', ...user)}`
}
