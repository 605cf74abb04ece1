import { sh } from '../../src/index.ts'
import type { Command, Finding, StepList } from '../../src/index.ts'
import { checkSteps } from '../../src/kit/index.ts'
import { inBundle, type Context } from './context.ts'
import { remedy } from './remedies.ts'

/** Runs in its own wave, in the new release, before the switch. */
export const migrate = (c: Context): StepList => {
  const { migrationCommand, conditionallyMigrate } = c.settings
  const command = inBundle(c)`bundle exec rake ${migrationCommand}`.title('migrate the database').hint(remedy(c, 'migrate'))
  // run by itself, it always migrates: the release is the live one then
  return [conditionallyMigrate && c.deploy.releasing ? command.unless(unchanged(c)) : command]
}

/**
 * Compares all of db/, as capistrano-rails does: each of several databases has its own migrations folder there. If nothing is live yet,
 * diff fails (2), which does not count as unchanged.
 */
const unchanged = ({ paths }: Context): Command => sh`diff -qr ${paths.current}/db ${paths.release}/db`

/** Fails before anything is changed, on the first host only, in one step that reports both problems. */
export const check = (c: Context): StepList =>
  checkSteps(
    'check the roles of rails()',
    roleFindings(c).map((one) => ({ ...one, message: `rails: ${one.message}` })),
  )

/** Findings, on the first host only, if no host would migrate or compile. */
export const roleFindings = (c: Context): readonly Finding[] => {
  const { migrate: migrates, migrationRole, assets, assetsRoles } = c.settings
  if (c.hosts('all')[0]?.name !== c.host.name) return []
  return [
    ...(migrates
      ? noHost(
          c,
          [migrationRole],
          'the database would not be migrated',
          "set rails({ migrationRole: 'app' }) to a role that exists, or migrate: false",
        )
      : []),
    ...(assets
      ? noHost(c, assetsRoles, 'no assets would be compiled', "set rails({ assetsRoles: ['app'] }) to roles that exist, or assets: false")
      : []),
  ]
}

const noHost = (c: Context, roles: readonly string[], consequence: string, remedy: string): readonly Finding[] => {
  if (c.primary({ roles, where: (host) => host.release }) !== undefined) return []
  const without = c.primary({ roles }) === undefined ? '' : ' and gets releases'
  return [{ level: 'error', message: `no server of ${c.stage} has the role ${roles.join(' or ')}${without}, so ${consequence}`, remedy }]
}
