import { defineRecipe } from '../../src/index.ts'
import { backupManifest, clean, compiling, precompile, recoverManifest, restoreManifest } from './assets.ts'
import { check, lacking, migrate, migrating } from './migrate.ts'
import { misplaced } from './place.ts'
import type { Context } from './rake.ts'
import { settings, type Settings } from './settings.ts'

type On = { settings: Settings }
const onWeb = ({ settings: s }: On) => compiling(s)

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
      on: ({ settings: s }: On) => migrating(s),
      steps: (c: Context) => migrate(c),
    },
    ':deploy:assets:precompile': { description: 'Compile the assets', on: onWeb, steps: (c: Context) => precompile(c) },
    ':deploy:assets:backup_manifest': {
      description: 'Keep the manifest of the assets with the release',
      on: onWeb,
      steps: (c: Context) => [backupManifest(c)],
    },
    ':deploy:assets:restore_manifest': {
      description: "Put the release's manifest of the assets back",
      on: onWeb,
      steps: (c: Context) => restoreManifest(c),
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
  doctor: { findings: (c: Context) => lacking(c) },
  problems: ({ settings: s, linkedDirs, linkedFiles }) => (s.assets ? misplaced(s, linkedDirs, linkedFiles) : []),
})
