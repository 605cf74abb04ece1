import { z } from 'zod'

// oxlint-disable-next-line no-control-regex
const line = z.string().regex(/^[^\u0000-\u001f\u007f]+$/, 'is one line')
const count = z.number().int().min(1)
const hook = line.regex(
  /^(appdeploy|configdeploy|restartappserver)\/(pre|enact|post)\/[\w.-]+$/,
  'is the place of a hook, such as appdeploy/post/50_restart',
)

export const settings = z
  .object({
    /** Amazon Linux: `al1` is the AMI of 2018 and older, with Upstart; `al2` and `al2023` have systemd */
    platform: z.enum(['al1', 'al2', 'al2023']).default('al2023'),
    /** the application's folder in the project; Elastic Beanstalk gets its contents as the root */
    dir: line.default('.'),
    /** prefix of the file names; Elastic Beanstalk reads and runs them in the order of their names */
    prefix: z
      .string()
      .regex(/^\d\d$/, 'is two digits')
      .default('90'),
    /** name of the job or unit; null: that of `sidekiq()`, else `sidekiq` */
    serviceUnitName: line
      .regex(/^[A-Za-z0-9][\w.-]*$/, 'is a name of letters, digits, "_", "-" and "."')
      .nullable()
      .default(null),
    /** files in config/, with one job or unit each; null: those of `sidekiq()`, else `sidekiq.yml` */
    configFiles: z
      .array(line.regex(/^[A-Za-z0-9][\w.-]*$/, 'is the name of a file in config/'))
      .min(1)
      .nullable()
      .default(null),
    /** processes for each config file; null: those of `sidekiq()`, else 1 */
    processes: count.max(64).nullable().default(null),
    /** seconds that Sidekiq gives its jobs after TERM; null: that of `sidekiq()`, else 25 */
    timeout: count.nullable().default(null),
    /** null: that of `sidekiq()` or `rails()` if set there, else RAILS_ENV or RACK_ENV of the environment's properties */
    railsEnv: line.nullable().default(null),
    /** null: that of `sidekiq()`, else `webapp` */
    user: line
      .regex(/^[A-Za-z_][\w-]*$/, 'is the name of a user')
      .nullable()
      .default(null),
    /** further arguments of Sidekiq, in which a shell expands the environment's properties: `['-c ${SIDEKIQ_WORKERS:-2}']` */
    shellArgs: z.array(line).default([]),
    /** absolute path of bundle; null uses the one that a login shell finds */
    bundlePath: line.regex(/^\/./, 'is an absolute path').nullable().default(null),
    /** whether Sidekiq notifies systemd when it is up, as 6.0.6 and newer do; null decides by the version in Gemfile.lock */
    notify: z.boolean().nullable().default(null),
    /** USR1 for Sidekiq 4.2.8 and older; null decides by the version in Gemfile.lock */
    quietSignal: z.enum(['TSTP', 'USR1']).nullable().default(null),
    /** seconds until a quieted Sidekiq is restarted if the deployment has not done so (no hook runs when one fails); 0: never */
    recoverAfter: z.number().int().min(0).default(900),
    /** `al1` only: old hooks to remove from instances that have them */
    replaces: z.array(hook).default([]),
    /** `al1` only: Inspeqtor watches memory and CPU time */
    inspeqtor: z.boolean().default(false),
    /** `al1` only: the script that adds Inspeqtor's repository to yum */
    inspeqtorRepo: line.regex(/^https:\/\/\S+$/, 'begins with https://').default('https://bit.ly/InspeqtorRPM'),
  })
  .superRefine((s, context) => {
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
    if (s.platform === 'al1') return
    if (s.inspeqtor) wrong('inspeqtor', `is for platform 'al1': there is no package of it for '${s.platform}'`)
    if (s.replaces.length > 0) wrong('replaces', `is for platform 'al1': '${s.platform}' runs the hooks of the bundle alone`)
  })
export type Settings = z.output<typeof settings>
