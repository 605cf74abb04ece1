import { z } from 'zod'
import { absolutePath, count, line } from '../../src/kit/index.ts'

const hook = line.regex(
  /^(appdeploy|configdeploy|restartappserver)\/(pre|enact|post)\/[\w.-]+$/,
  'must be the path of a hook, such as appdeploy/post/50_restart',
)

/** @since 0.2.0 */
export const settings = z
  .object({
    /** The platform: `'al2'`, `'al2023'`, or `'al1'`: the Amazon Linux AMI of 2018 and older, with Upstart. */
    platform: z.enum(['al1', 'al2', 'al2023']).default('al2023'),
    /** The directory in the project whose contents Elastic Beanstalk gets. */
    dir: line.default('.'),
    /** Two digits in front of the names of files and hooks, which run in that order. */
    prefix: z
      .string()
      .regex(/^\d\d$/, 'must be two digits')
      .default('90'),
    /** The unit or job. `null`: as in `sidekiq()`, or `sidekiq`. */
    serviceUnitName: line
      .regex(/^[A-Za-z0-9][\w.-]*$/, 'must be a name of letters, digits, "_", "-" and "."')
      .nullable()
      .default(null),
    /** One unit or job each. `null`: as in `sidekiq()`, or `sidekiq.yml`. */
    configFiles: z
      .array(line.regex(/^[A-Za-z0-9][\w.-]*$/, 'must be the name of a file in config/'))
      .min(1)
      .nullable()
      .default(null),
    /** How many of each. `null`: as in `sidekiq()`, or 1. */
    processes: count.max(64).nullable().default(null),
    /** Seconds that jobs get to finish after TERM, `-t`. `null`: as in `sidekiq()`, or 25. KILL follows 10 seconds later. */
    timeout: count.nullable().default(null),
    /** `RAILS_ENV`. `null`: as in `sidekiq()` or `rails()`, or RAILS_ENV or RACK_ENV from the environment's properties, or `production`. */
    railsEnv: line.nullable().default(null),
    /** The user who runs Sidekiq. `null`: as in `sidekiq()`, else `webapp`. */
    user: line
      .regex(/^[A-Za-z_][\w-]*$/, 'must be the name of a user')
      .nullable()
      .default(null),
    /**
     * More arguments for Sidekiq, read by a shell, which expands the environment's properties.
     * @example ['-c ${SIDEKIQ_WORKERS:-2}']
     */
    shellArgs: z.array(line).default([]),
    /** The full path of bundle. `null`: the one in a login shell or in the platform's Ruby. */
    bundlerPath: absolutePath.nullable().default(null),
    /**
     * `false`: the unit does not wait for Sidekiq to report that it is up, which 6.0.6 and newer do. `null`: by the version in
     * `Gemfile.lock`.
     */
    notify: z.boolean().nullable().default(null),
    /** The signal that quiets Sidekiq: `'TSTP'`, or `'USR1'` for Sidekiq 4.2.8 and older. `null`: by the version in `Gemfile.lock`. */
    quietSignal: z.enum(['TSTP', 'USR1']).nullable().default(null),
    /** Seconds until a quiet Sidekiq is restarted, if the deployment has not done so. No hook runs when a deployment fails. `0`: never. */
    recoverAfter: z.number().int().min(0).default(900),
    /**
     * `al1`: old hooks to remove from instances.
     * @example ['appdeploy/post/50_restart_sidekiq']
     */
    replaces: z.array(hook).default([]),
    /** `al1`: install Inspeqtor, which restarts Sidekiq at 500 MB, or at 60 % of a processor for two cycles. */
    inspeqtor: z.boolean().default(false),
    /** `al1`: the script that adds Inspeqtor's repository to yum. */
    inspeqtorRepo: line.regex(/^https:\/\/\S+$/, 'must begin with https://').default('https://bit.ly/InspeqtorRPM'),
  })
  .superRefine((s, context) => {
    const wrong = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message })
    if (s.platform === 'al1') return
    if (s.inspeqtor) wrong('inspeqtor', `needs platform 'al1': '${s.platform}' has no package of it`)
    if (s.replaces.length > 0) wrong('replaces', `needs platform 'al1': '${s.platform}' runs only the hooks of the application`)
  })
export type Settings = z.output<typeof settings>
