import { escaped } from '../../systemd/remedies.ts'
import { sudoersRule } from '../../sudo/file.ts'
import type { Context } from '../manager.ts'
import type { Settings } from '../settings.ts'
import { instances } from './jobs.ts'

/** The words of every call of initctl that a deploy makes, so that sudoers can name each: an instance is always named by itself. */
export const callsOf = (s: Settings): readonly (readonly string[])[] =>
  instances(s).flatMap(({ words }) =>
    (['status', 'reload', 'stop', 'start'] as const).map((verb) => [s.upstart.initctlBin, verb, ...words]),
  )

/** How the deploy user comes to be allowed exactly this. */
export const sudoRule = (c: Context): string => {
  const user = c.layout.user || 'deploy'
  const full = ([bin = '', ...words]: readonly string[]) => [bin.startsWith('/') ? bin : `/sbin/${bin}`, ...words].map(escaped).join(' ')
  const commands = callsOf(c.settings).map(full).join(', ')
  return `${user} may not do this through sudo without a password. ${sudoersRule(c, user, `(root) NOPASSWD: ${commands}`)}`
}

/** What to do where only root may: no rule of sudoers can allow writing into the folder of the jobs, and nothing else. */
export const asRoot = (c: Context, task: 'install' | 'uninstall' | 'enable' | 'disable'): string => {
  const user = c.settings.user === null ? ['--set', `sidekiq.user=${c.layout.user || 'deploy'}`] : []
  return `jobs are root's. Once, as somebody who may: ${c.shipit(`sidekiq:${task}`, '--set', 'ssh.user=root', ...user)}`
}
