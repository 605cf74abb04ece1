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
  /** a unit each: `sidekiq.yml` is NAME.service, `X.yml` is NAME.X.service */
  configFiles: z
    .array(named(badConfigFile))
    .min(1, 'names no file, and so no unit')
    .superRefine((files, context) => {
      const same = sameUnit(files)
      if (same.length > 0)
        context.addIssue({ code: 'custom', message: `${same.map((file) => JSON.stringify(file)).join(', ')}: the same unit twice` })
    })
    .default(['sidekiq.yml']),
  /** two and more: the instances NAME@1.service, NAME@2.service … of each unit */
  processes: z.number().int().min(1).max(64).default(1),
  /** `-e` and RAILS_ENV of Sidekiq; null: that of `rails()`, else the stage's name */
  railsEnv: z
    .string()
    .regex(/^[\w.-]+$/, 'is the name of an environment')
    .nullable()
    .default(null),
  /** seconds that Sidekiq gives its jobs at TERM, its `-t` */
  timeout: z.number().int().min(1).default(25),
  concurrency: z.number().int().min(1).nullable().default(null),
  queues: z.array(z.string().regex(/^[^\s-]\P{Cc}*$/u, "is the name of a queue, with its weight: 'critical,2'")).default([]),
  /** a share of the hosts is restarted at a time, after the switch; null: all stop before it and start after it */
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
  /** false: none of the tasks runs by itself in a deploy */
  defaultHooks: z.boolean().default(true),
})
/** `only`: one process of a host alone, by its place in the order; not a setting: how a task says which one it means. */
export type Settings = z.output<typeof settings> & { readonly only?: number | undefined }
