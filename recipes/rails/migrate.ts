import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { inBundle, type Context } from './rake.ts'
import { remedy } from './remedies.ts'
import type { Settings } from './settings.ts'

/** The one host that migrates: its schema is everybody's. */
export const migrating = ({ migrateOn }: Settings) => ({
  roles: [migrateOn],
  primary: true as const,
  where: (host: { release: boolean }) => host.release,
})

/** On a wave of its own, in the new release, before anything is switched. */
export const migrate = (c: Context): StepList => {
  const { migrateTask, conditionallyMigrate } = c.settings
  const command = inBundle(c)`bundle exec rake ${migrateTask}`.title('migrate the database').hint(remedy(c, 'migrate'))
  // asked for by itself it migrates: then the release is the live one
  return [conditionallyMigrate && c.deploy.releasing ? command.unless(unchanged(c)) : command]
}

/**
 * All of db/, as capistrano-rails: each database of several has a folder of migrations of its own there. Where nothing is live yet diff
 * is in trouble (2), and that is no "yes".
 */
const unchanged = ({ paths }: Context): Command => sh`diff -qr ${paths.current}/db ${paths.release}/db`

/** Nobody would migrate, or compile: an error before anything is touched, told by the first host. */
export const check = (c: Context): StepList => {
  const { migrate: migrates, migrateOn, assets, assetsRoles } = c.settings
  if (c.hosts('all')[0]?.name !== c.host.name) return []
  const all = { where: (host: { release: boolean }) => host.release }
  return [
    migrates &&
      c.primary({ ...all, roles: [migrateOn] }) === undefined &&
      nobody(c, [migrateOn], 'the database would not be migrated', `rails({ migrateOn: 'app' }), a role that is there; or migrate: false`),
    assets &&
      c.primary({ ...all, roles: assetsRoles }) === undefined &&
      nobody(c, assetsRoles, 'no assets would be compiled', `rails({ assetsRoles: ['app'] }), roles that are there; or assets: false`),
  ]
}

const nobody = (c: Context, roles: readonly string[], so: string, hint: string): Command => {
  const without = c.primary({ roles: [...roles] }) === undefined ? '' : ' and gets releases'
  const text = `rails: no server of ${c.stage} has the role ${roles.join(' or ')}${without}, so ${so}`
  return sh`echo ${text} >&2; exit 1`.title(`look for a server with the role ${roles.join(' or ')}`).hint(hint)
}
