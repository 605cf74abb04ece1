import { z } from 'zod'
import { badConfigFile, badUnitName, sameUnit } from './units.ts'

type Check = (value: string) => string | undefined

const named = (bad: Check) =>
  z.string().superRefine((value, context) => {
    const why = bad(value)
    if (why !== undefined) context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} ${why}` })
  })

export const settings = z.object({
  /** the unit's name, with or without `.service` */
  serviceUnitName: named(badUnitName).default('sidekiq'),
  /** whose systemd: the host's, through sudo, or the deploy user's own */
  serviceUnitUser: z.enum(['system', 'user']).default('user'),
  systemctlBin: z.string().min(1).regex(/^\S+$/, 'is one word: a command or its path').default('systemctl'),
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
  /** `[]`: on no server */
  roles: z.array(z.string().min(1)).default(['worker']),
  /** false: none of the tasks runs by itself in a deploy */
  defaultHooks: z.boolean().default(true),
})
export type Settings = z.output<typeof settings>
