import type { Command } from '../../../src/index.ts'
import { scoped, systemctl } from '../../systemd/systemctl.ts'
import type { Context } from '../manager.ts'

/** Needed after any change of unit files. */
export const daemonReload = (c: Context, task: 'install' | 'uninstall'): Command => {
  const text = scoped(c)`${[...systemctl(c), 'daemon-reload']}`
  return c.settings.serviceUnitUser === 'system' ? text.sudo().hint(asRoot(c, task)) : text
}

/** The remedy if sudo refuses: only root may write units, and no sudo rule can allow just a part of that. */
export const asRoot = (c: Context, task: 'install' | 'uninstall'): string => {
  const user = c.settings.user === null ? ['--set', `sidekiq.user=${c.layout.user || 'deploy'}`] : []
  return `units of the system are root's. Once, as somebody who may: ${c.shipit(`sidekiq:${task}`, '--set', 'ssh.user=root', ...user)}`
}
