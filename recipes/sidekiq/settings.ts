import { z } from 'zod'
import { scopeSettings } from '../systemd/scope.ts'
import { drainSettings } from './drain/settings.ts'
import { signalsSettings } from './signals/settings.ts'
import { unitSettings } from './systemd/settings.ts'
import { badConfigFile, badUnitName, sameUnit } from './units.ts'
import { upstartSettings } from './upstart/settings.ts'

type Check = (value: string) => string | undefined

const named = (bad: Check) =>
  z.string().superRefine((value, context) => {
    const why = bad(value)
    if (why !== undefined) context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} ${why}` })
  })

export const settings = z.object({
  /** what starts and stops Sidekiq */
  manager: z.enum(['systemd', 'upstart', 'signals']).default('systemd'),
  /** the unit's name, with or without `.service` */
  serviceUnitName: named(badUnitName).default('sidekiq'),
  ...scopeSettings,
  /** one unit per file: `sidekiq.yml` is NAME.service, `X.yml` is NAME.X.service */
  configFiles: z
    .array(named(badConfigFile))
    .min(1, 'names no file, and so no unit')
    .superRefine((files, context) => {
      const same = sameUnit(files)
      if (same.length > 0)
        context.addIssue({ code: 'custom', message: `${same.map((file) => JSON.stringify(file)).join(', ')}: the same unit twice` })
    })
    .default(['sidekiq.yml']),
  /** with 2 or more: instances NAME@1.service, NAME@2.service … of each unit */
  processes: z.number().int().min(1).max(64).default(1),
  /** Sidekiq's `-e` and RAILS_ENV; null: that of `rails()`, or else the stage's name */
  railsEnv: z
    .string()
    .regex(/^[\w.-]+$/, 'is the name of an environment')
    .nullable()
    .default(null),
  /** seconds that Sidekiq gives its jobs after TERM (`-t`) */
  timeout: z.number().int().min(1).default(25),
  concurrency: z.number().int().min(1).nullable().default(null),
  queues: z.array(z.string().regex(/^[^\s-]\P{Cc}*$/u, "is the name of a queue, with its weight: 'critical,2'")).default([]),
  /** the share of hosts to restart at a time, after the switch; null: all stop before the switch and start after it */
  rolling: z
    .union([z.number().int().min(1), z.templateLiteral([z.number().int().min(1).max(100), '%'])])
    .nullable()
    .default(null),
  ...unitSettings,
  ...drainSettings,
  ...upstartSettings,
  ...signalsSettings,
  /** `[]`: on no server */
  roles: z.array(z.string().min(1)).default(['worker']),
  /** false: a deploy runs none of the tasks by itself */
  defaultHooks: z.boolean().default(true),
})
/** `only` is not a setting: a task uses it to select a single process of a host by its index. */
export type Settings = z.output<typeof settings> & { readonly only?: number | undefined }
