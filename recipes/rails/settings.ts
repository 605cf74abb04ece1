import { z } from 'zod'

const inRelease = z
  .string()
  .min(1)
  .regex(/^(?![/~])(?!.*(^|\/)\.\.?(\/|$)).*[^/]$/, 'is a path inside the release')

export const settings = z.object({
  /** RAILS_ENV of every command of the stage; null: the stage's name */
  railsEnv: z
    .string()
    .regex(/^[\w.-]+$/, 'is the name of an environment')
    .nullable()
    .default(null),
  migrate: z.boolean().default(true),
  /** the role whose primary migrates */
  migrateOn: z.string().min(1).default('db'),
  /** the rake task that migrates */
  migrateTask: z.string().min(1).default('db:migrate'),
  /** true: does not migrate if `db/` is the same as in the live release */
  conditionallyMigrate: z.boolean().default(false),
  assets: z.boolean().default(true),
  assetsRoles: z.array(z.string().min(1)).min(1).default(['web']),
  /** `config.assets.prefix` without its leading slash: the folder in public/ */
  assetsPrefix: inRelease.default('assets'),
  /** if none of these differs from the live release, its assets are reused; []: always compiles */
  skipUnchangedAssets: z.array(inRelease).default([]),
  /** how many versions of an asset `assets:clean` keeps; null: all */
  keepAssets: z.number().int().min(1).nullable().default(null),
})
export type Settings = z.output<typeof settings>
