import { defineRecipe } from '../../src/index.ts'
import type { ProblemsContext } from '../../src/index.ts'
import { selectHosts } from '../../src/kit/index.ts'
import { backupManifest, clean, precompile, recoverManifest, restoreManifest } from './assets.ts'
import { openConsole } from './consoles.ts'
import { assetsDir, type Context } from './context.ts'
import { check, migrate, roleFindings } from './migrate.ts'
import { settings, type Settings } from './settings.ts'

type On = { settings: Settings }
const onWeb = ({ settings: s }: On) => selectHosts(s.assetsRoles)
/** One host: all hosts share its schema. */
const onDb = ({ settings: s }: On) => ({
  roles: [s.migrationRole],
  primary: true as const,
  where: (host: { release: boolean }) => host.release,
})

/** One host: the primary of a role, which has the application. */
const onConsole = ({ settings: s }: On) => ({
  roles: [s.consoleRole ?? s.migrationRole],
  primary: true as const,
  where: (host: { release: boolean }) => host.release,
})

/**
 * Deploys Rails: sets RAILS_ENV for every command, compiles the assets on the web hosts, and migrates the database once, on the primary,
 * before the switch. Tasks, and files on the servers, are those of capistrano-rails.
 */
export const rails = defineRecipe({
  name: 'rails',
  settings,
  env: ({ settings: s, stage }) => ({ RAILS_ENV: s.railsEnv ?? stage }),
  tasks: {
    check: { on: 'all', steps: (c: Context) => check(c) },
    ':deploy:migrate': {
      description: 'Migrate the database, on one host',
      on: onDb,
      steps: (c: Context) => migrate(c),
    },
    ':deploy:assets:precompile': { description: 'Compile the assets', on: onWeb, steps: (c: Context) => precompile(c) },
    ':deploy:assets:backup_manifest': {
      description: 'Keep the manifest of the assets with the release',
      on: onWeb,
      steps: (c: Context) => [backupManifest(c)],
    },
    ':deploy:assets:restore_manifest': {
      description: "Restore the release's manifest of the assets",
      on: onWeb,
      steps: (c: Context) => restoreManifest(c),
    },
    console: {
      description: 'Open a Rails console in the live release, on one host',
      on: onConsole,
      shows: true,
      steps: (c: Context) => openConsole(c, 'console'),
    },
    dbconsole: {
      description: "Open the database's own console, on one host",
      on: onConsole,
      shows: true,
      steps: (c: Context) => openConsole(c, 'dbconsole'),
    },
    ':deploy:assets:recover_manifest': { on: onWeb, steps: (c: Context) => recoverManifest(c) },
    ':deploy:assets:clean': { description: 'Remove old assets', on: onWeb, steps: (c: Context) => clean(c) },
  },
  hooks: ({ settings: s }: On) => {
    const assets = s.assets ? ['deploy:assets:precompile', 'deploy:assets:backup_manifest'] : []
    return {
      before: { 'deploy:check': 'rails:check' },
      after: {
        'deploy:updated': [...assets, ...(s.migrate ? ['deploy:migrate'] : [])],
        ...(s.assets && {
          'deploy:reverted': 'deploy:assets:restore_manifest',
          'deploy:failed': 'deploy:assets:recover_manifest',
          'deploy:finishing': 'deploy:assets:clean',
        }),
      },
    }
  },
  doctor: { findings: (c: Context) => roleFindings(c) },
  problems: (c) => (c.settings.assets ? linkProblems(c) : []),
})

/** Why the assets folder cannot be a link of its own. All of `public` may be linked: the folder is in shared then. */
const linkProblems = ({ settings, linkedDirs, linkedFiles }: ProblemsContext<Settings>): readonly string[] => {
  const dir = assetsDir({ settings })
  const parent = linkedDirs.find((linked) => linked !== 'public' && dir.startsWith(`${linked}/`))
  const file = linkedFiles.find((linked) => dir === linked || dir.startsWith(`${linked}/`))
  const intro = `assetsPrefix is "${settings.assetsPrefix}"`
  return [
    ...(parent === undefined
      ? []
      : [
          `${intro}: ${dir} is inside "${parent}", which linkedDirs links as a whole; link the other directories in ${parent} one by one instead`,
        ]),
    ...(file === undefined ? [] : [`${intro}: ${dir} is a directory, and "${file}" is a linked file`]),
  ]
}
