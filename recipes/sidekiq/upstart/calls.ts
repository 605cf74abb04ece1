import { escaped } from '../../systemd/remedies.ts'
import { sudoersRule } from '../../sudo/file.ts'
import type { Context } from '../manager.ts'
import type { Settings } from '../settings.ts'
import { instances } from './jobs.ts'

/** The words of every initctl call that a deploy makes, so that sudoers can list each. Instances are always named one by one. */
export const callsOf = (s: Settings): readonly (readonly string[])[] =>
  instances(s).flatMap(({ words }) =>
    (['status', 'reload', 'stop', 'start'] as const).map((verb) => [s.upstart.initctlBin, verb, ...words]),
  )

/** The sudo rule that lets the deploy user run exactly these calls. */
export const sudoRule = (c: Context): string => {
  const user = c.layout.user || 'deploy'
  const full = ([bin = '', ...words]: readonly string[]) => [bin.startsWith('/') ? bin : `/sbin/${bin}`, ...words].map(escaped).join(' ')
  const commands = callsOf(c.settings).map(full).join(', ')
  return `${user} may not do this through sudo without a password. ${sudoersRule(c, user, `(root) NOPASSWD: ${commands}`)}`
}

/** The remedy if only root may do it: no sudo rule can allow writing into the job folder and nothing else. */
export const asRoot = (c: Context, task: 'install' | 'uninstall' | 'enable' | 'disable'): string => {
  const user = c.settings.user === null ? ['--set', `sidekiq.user=${c.layout.user || 'deploy'}`] : []
  return `jobs are root's. Once, as somebody who may: ${c.shipit(`sidekiq:${task}`, '--set', 'ssh.user=root', ...user)}`
}
