import type { Command } from '../../../src/index.ts'
import { rootRemedy } from '../../../src/kit/index.ts'
import { scopeUser, unitDir, systemctl, isSystem } from '../scope.ts'
import { inScope } from '../systemctl.ts'
import type { UnitContext } from './context.ts'

/** Needed after any change of unit files. */
export const daemonReload = (c: UnitContext, task: 'install' | 'uninstall'): Command => {
  const text = inScope(c)`${[...systemctl(c), 'daemon-reload']}`
  return isSystem(c) ? text.sudo().hint(asRoot(c, task)) : text
}

/** The remedy if files under our names cannot be read: for root, permissions are not the reason. */
export const unreadable = (
  c: UnitContext,
  task: 'install' | 'uninstall',
  files: readonly { readonly path: string; readonly why: string }[],
): string => {
  const odd = files.filter(({ why }) => c.layout.user === 'root' || !why.includes('Permission denied'))
  if (odd.length === 0)
    return isSystem(c) ? asRoot(c, task) : `they are not ${scopeUser(c)}'s: ${files.map(({ path }) => `ls -l ${path}`).join('; ')}`
  return `shipit did not write what is there. Look at it: ${odd.map(({ path }) => `ls -ld ${path}`).join('; ')}. Move it away, then run: ${c.shipit(`${c.service.tasks}:${task}`)}`
}

/** The options of a command that only root may run: writing system units. */
export const rootOptions = (c: UnitContext): readonly string[] =>
  c.settings.serviceUnitUser === 'user' || c.layout.user === 'root' ? [] : ['--set', 'ssh.user=root', ...account(c)]

/** If the settings make the units run as the login, a login as root has to name that account. */
const account = (c: UnitContext): readonly string[] =>
  c.settings.user === null ? ['--set', `${c.service.account}=${c.layout.user || 'deploy'}`] : []

/** The remedy if sudo refuses: only root may write units, and no sudo rule can allow just a part of that. */
export const asRoot = (c: UnitContext, task: 'install' | 'uninstall'): string => {
  return rootRemedy(String(unitDir(c)), c.shipit(`${c.service.tasks}:${task}`, '--set', 'ssh.user=root', ...account(c)))
}

/** Whether a file is that of a socket. */
export const isSocket = (name: string): boolean => name.endsWith('.socket')

/**
 * The commands that write changed units and let them take effect. When systemd reads a changed socket, it closes the addresses that it has
 * open, so the service has to be down for that.
 */
export const commandsFor = (c: UnitContext, changed: readonly { readonly name: string }[]): string => {
  const { tasks } = c.service
  const write = c.shipit(`${tasks}:install`, ...rootOptions(c))
  return changed.some(({ name }) => isSocket(name))
    ? [c.shipit(`${tasks}:stop`), write, c.shipit(`${tasks}:start`)].join('; then ')
    : `${write}; then ${c.shipit(`${tasks}:restart`)}`
}
