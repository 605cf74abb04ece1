import { z } from 'zod'
import { count, environmentName, roles } from '../../src/kit/index.ts'

const inRelease = z
  .string()
  .min(1)
  .regex(/^(?![/~])(?!.*(^|\/)\.\.?(\/|$)).*[^/]$/, 'must be a path inside the release')

/** @since 0.2.0 */
export const settings = z.object({
  /** `RAILS_ENV` of every command of the stage, and of Sidekiq. `null`: the stage's name. */
  railsEnv: environmentName.nullable().default(null),
  /** `false`: no migrations. */
  migrate: z.boolean().default(true),
  /** The role whose first server migrates, or its server with `primary: true`. */
  migrationRole: z.string().min(1).default('db'),
  /**
   * The rake task that migrates. `'db:prepare'` also creates a missing database.
   * @example 'db:prepare'
   */
  migrationCommand: z.string().min(1).default('db:migrate'),
  /** The role whose first server opens a console, or its server with `primary: true`. `null`: that of `migrationRole`. */
  consoleRole: z.string().min(1).nullable().default(null),
  /** `true`: no migration if `db/` is the same as in the live release. */
  conditionallyMigrate: z.boolean().default(false),
  /** `false`: no assets, and nothing in `public` is linked. */
  assets: z.boolean().default(true),
  /**
   * The servers that compile assets, each for itself. Workers that render asset links need them too.
   * @example ['web', 'worker']
   */
  assetsRoles: roles.min(1).default(['web']),
  /** `config.assets.prefix` without its slash: the directory in `public`. */
  assetsPrefix: inRelease.default('assets'),
  /**
   * Files and directories. If all of them are the same as in the live release, nothing is compiled. `[]`: always compile.
   * @example ['app/assets', 'package-lock.json']
   */
  skipUnchangedAssets: z.array(inRelease).default([]),
  /** How many old versions of an asset `rake assets:clean[N]` keeps. `null`: all. */
  keepAssets: count.nullable().default(null),
})
export type Settings = z.output<typeof settings>
