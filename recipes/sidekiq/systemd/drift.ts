import type { Finding } from '../../../src/index.ts'
import type { Context } from '../manager.ts'
import { same, staleUnits, unitFiles, type UnitFile } from './files.ts'
import { hostOf } from './host.ts'

/** Our unit files that differ from the config, and our units that are no longer in it. Other people's files are left out. */
export const fileFindings = (c: Context): readonly Finding[] => {
  const old = staleUnits(c)
  return [
    ...differing(c).map(({ name }): Finding => ({
      level: 'warning',
      message: `${name} is not as the config says now`,
      remedy: `see what it would be: ${c.shipit('plan', 'sidekiq:install')}; then ${c.shipit('sidekiq:install', ...asRoot(c))}; then ${c.shipit('sidekiq:restart')}`,
    })),
    ...(old.length > 0
      ? [
          {
            level: 'warning' as const,
            message: `no longer in the config: ${old.join(' ')}`,
            remedy: `stop and remove them: ${c.shipit('sidekiq:install', '--prune')}`,
          },
        ]
      : []),
  ]
}

/** Only root may write system units. */
const asRoot = (c: Context): readonly string[] =>
  c.settings.serviceUnitUser === 'user' || c.layout.user === 'root' ? [] : ['--set', 'ssh.user=root']

/**
 * Empty if the host could not be read: the text would differ for that alone. A file written when less was known of the host (before the
 * first deploy, as another user) counts as differing.
 */
const differing = (c: Context): readonly UnitFile[] => {
  const host = hostOf(c.facts)
  if (host === undefined) return []
  try {
    return unitFiles(c, host).filter((file) => file.now !== undefined && file.now !== '' && !file.foreign && !same(file))
  } catch {
    return []
  }
}
