import { fail, sh } from '../../src/index.ts'
import type { Command, Finding, StepList } from '../../src/index.ts'
import { inBundle, type Context } from './rake.ts'
import { remedy } from './remedies.ts'
import type { Settings } from './settings.ts'

/** Selects the one host that migrates: all hosts share its schema. */
export const migrating = ({ migrateOn }: Settings) => ({
  roles: [migrateOn],
  primary: true as const,
  where: (host: { release: boolean }) => host.release,
})

/** Runs in its own wave, in the new release, before the switch. */
export const migrate = (c: Context): StepList => {
  const { migrateTask, conditionallyMigrate } = c.settings
  const command = inBundle(c)`bundle exec rake ${migrateTask}`.title('migrate the database').hint(remedy(c, 'migrate'))
  // run by itself, it always migrates: the release is the live one then
  return [conditionallyMigrate && c.deploy.releasing ? command.unless(unchanged(c)) : command]
}

/**
 * Compares all of db/, as capistrano-rails does: each of several databases has its own migrations folder there. If nothing is live yet,
 * diff fails (2), which does not count as unchanged.
 */
const unchanged = ({ paths }: Context): Command => sh`diff -qr ${paths.current}/db ${paths.release}/db`

/** Fails before anything is changed, on the first host only, in one step that reports both problems. */
export const check = (c: Context): StepList => {
  const found = lacking(c)
  const hint = found.map(({ remedy }) => remedy).join('; ')
  const told = found.map(({ message }) => `rails: ${message}`)
  return [found.length > 0 && fail(told).title('look for the roles of rails()').hint(hint)]
}

/** Findings if no host would migrate or compile; for the check and the doctor. */
export const lacking = (c: Context): readonly Finding[] => {
  const { migrate: migrates, migrateOn, assets, assetsRoles } = c.settings
  if (c.hosts('all')[0]?.name !== c.host.name) return []
  return [
    ...(migrates
      ? nobody(c, [migrateOn], 'the database would not be migrated', "rails({ migrateOn: 'app' }), a role that is there, or migrate: false")
      : []),
    ...(assets
      ? nobody(c, assetsRoles, 'no assets would be compiled', "rails({ assetsRoles: ['app'] }), roles that are there, or assets: false")
      : []),
  ]
}

const nobody = (c: Context, roles: readonly string[], so: string, remedy: string): readonly Finding[] => {
  if (c.primary({ roles, where: (host) => host.release }) !== undefined) return []
  const without = c.primary({ roles }) === undefined ? '' : ' and gets releases'
  return [{ level: 'error', message: `no server of ${c.stage} has the role ${roles.join(' or ')}${without}, so ${so}`, remedy }]
}
