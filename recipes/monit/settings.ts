import { z } from 'zod'
import { absolutePath, count, line, program, roles } from '../../src/kit/index.ts'
import { ruleSchema } from '../rules/index.ts'
import { cannot } from './rule.ts'

/** Monit knows no escapes, so text with both kinds of quotes cannot be written. */
const quotable = line.refine((text) => !(text.includes('"') && text.includes("'")), 'has both quotes, which Monit cannot read')
const commandLine = quotable.regex(/^\//, 'must begin with an absolute path: Monit runs it without a shell and without your PATH')
/** A user or a group, which Monit reads in quotes. */
const owner = z.string().regex(/^[^\s:/"-][^\s:/"]*$/, 'must be the name of a user or a group')

const service = z
  .strictObject({
    /**
     * Rules in Inspeqtor's syntax, or as objects.
     * @example ['memory:total_rss > 1g then restart']
     */
    rules: z.array(ruleSchema(cannot)).default([]),
    /**
     * Its name in Monit. `null`: `SERVICE_APPLICATION_STAGE`. If you choose a name, shipit refuses a check of that name that was written
     * for another application, or that watches a process in another application's directory.
     */
    name: z
      .string()
      .regex(/^[\w@.-]+$/, 'may have letters, digits, and the characters . _ @ - only')
      .nullable()
      .default(null),
    /**
     * A regular expression for the process's command line. For `sidekiq`, it matches the process title, with the directory of the deploys.
     * A `^` at the beginning excludes other programs.
     * @example '^sidekiq [0-9.]+ shop '
     */
    matching: quotable.nullable().default(null),
    /** Instead of `matching`, the process's pidfile. */
    pidfile: absolutePath.regex(/[^/]$/, 'ends with a slash').nullable().default(null),
    /** The unit to start, stop and restart. `null`: `SERVICE.service`; for `sidekiq`, the unit or job of `sidekiq()`. */
    unit: z
      .string()
      .regex(/^[^\s/"']+$/, 'must be the name of a unit')
      .transform((name) => (/\.(service|socket|target|timer)$/.test(name) ? name : `${name}.service`))
      .nullable()
      .default(null),
    /**
     * The user whose own systemd has the unit, reached by `systemctl --user --machine=USER@.host` (systemd 248 or newer). For `sidekiq`,
     * this is known.
     */
    user: owner.nullable().default(null),
    /** The whole command to start it, instead of systemctl: run without a shell, with full paths. Needs `stop`. */
    start: commandLine.nullable().default(null),
    /** The command to stop it. Needs `start`. */
    stop: commandLine.nullable().default(null),
    /** The command to restart it. */
    restart: commandLine.nullable().default(null),
    /** The account that runs these commands, if not root. */
    as: z
      .strictObject({
        /** The user. */
        uid: owner,
        /** The group. */
        gid: owner.optional(),
      })
      .nullable()
      .default(null),
    /** Seconds that each command may take. Use more than the service needs to stop: Monit does nothing else meanwhile. */
    timeout: count.default(90),
    /** After this many restarts in this many cycles, Monit leaves the service alone until you run `monit:monitor`. `null`: never. */
    giveUp: z
      .strictObject({
        /** How many restarts. */
        restarts: count,
        /** In how many cycles. */
        cycles: count.max(64),
      })
      .refine(({ restarts, cycles }) => restarts <= cycles, 'has more restarts than cycles')
      .nullable()
      .default({ restarts: 5, cycles: 10 }),
    /** For `monit -g GROUP`. */
    group: z
      .string()
      .regex(/^[\w.-]+$/, 'must be a word')
      .nullable()
      .default(null),
    /** The servers, if different. `null`: those of the recipe; for `sidekiq`, those of `sidekiq()`. */
    roles: roles.nullable().default(null),
  })
  .superRefine(({ matching, pidfile, start, stop }, context) => {
    if (matching !== null && pidfile !== null) context.addIssue({ code: 'custom', message: 'sets both matching and pidfile' })
    if ((start === null) !== (stop === null))
      context.addIssue({ code: 'custom', message: 'sets only one of start and stop, and needs both' })
  })

/** @since 0.2.0 */
export const settings = z
  .object({
    /** The services to watch, by name. */
    services: z
      .record(z.string().regex(/^[A-Za-z][\w-]*$/, 'is not a valid name for a service: use letters, digits, "_" and "-"'), service)
      .default({}),
    /** Where Monit reads one file per service. Its control file must include it. */
    confDir: absolutePath.regex(/[^/]$/, 'ends with a slash').default('/etc/monit/conf.d'),
    /** Monit's control file: `/etc/monitrc` on the Red Hat family, with `confDir: '/etc/monit.d'`. */
    controlFile: absolutePath.regex(/[^/]$/, 'ends with a slash').default('/etc/monit/monitrc'),
    /**
     * `true`: also write `set httpd unixsocket /run/monit.sock`. Monit's own commands need that interface, and Debian's `monitrc` has none.
     */
    httpd: z.boolean().default(false),
    /** The command, or its full path. */
    monitBin: program.default('monit'),
    /** The full path of systemctl: Monit runs programs without your PATH. */
    systemctlBin: commandLine.default('/usr/bin/systemctl'),
    /** `false`: call Monit without sudo, because the login account has the rights. */
    sudo: z.boolean().default(true),
    /** Seconds until Monit has stopped monitoring, and until it reports a service as up. */
    upTimeout: count.default(90),
    /** `true`: if a host has no Monit, or it does not answer, or sudo refuses the calls, that is only a warning. */
    optional: z.boolean().default(false),
    /** The servers. `null`: all that get releases; for the service `sidekiq`, those of `sidekiq()`. */
    roles: roles.nullable().default(null),
    /** `false`: adds no hooks to a deploy. */
    defaultHooks: z.boolean().default(true),
  })
  .superRefine(({ services }, context) => {
    for (const [key, { matching, pidfile }] of Object.entries(services)) {
      if (key !== 'sidekiq' && matching === null && pidfile === null)
        context.addIssue({
          code: 'custom',
          path: ['services', key],
          message: 'needs matching or pidfile, so that Monit can find its process',
        })
    }
  })
export type Settings = z.output<typeof settings>
