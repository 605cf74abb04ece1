import { z } from 'zod'
import { ruleSchema } from '../rules/schema.ts'
import { cannot } from './rule.ts'

// oxlint-disable-next-line no-control-regex
const line = z.string().regex(/^[^\u0000-\u001f]+$/, 'is one line')
const absolute = line.regex(/^\/.*[^/]$/, 'is an absolute path')
/** Monit knows no escapes, so text with both kinds of quotes cannot be written. */
const quotable = line.refine((text) => !(text.includes('"') && text.includes("'")), 'has both quotes, which Monit cannot read')
const program = quotable.regex(/^\//, 'begins with an absolute path: Monit runs it without a shell, and without a PATH of yours')
const account = z.string().regex(/^[^\s:/"-][^\s:/"]*$/, 'is the name of a user or a group')

const service = z
  .strictObject({
    /** in Inspeqtor's syntax, or as objects */
    rules: z.array(ruleSchema(cannot)).default([]),
    /** null: SERVICE_APPLICATION_STAGE */
    name: z
      .string()
      .regex(/^[\w@.-]+$/, 'has a sign that `monit monitor NAME` could not be told: letters, digits and . _ @ -')
      .nullable()
      .default(null),
    /** a regular expression for its command line; null: for `sidekiq`, that of its title */
    matching: quotable.nullable().default(null),
    pidfile: absolute.nullable().default(null),
    /** the unit to start, stop and restart; null: the one with the service's name; for `sidekiq`, that of its recipe */
    unit: z
      .string()
      .regex(/^[^\s/"']+$/, 'is the name of a unit')
      .transform((name) => (/\.(service|socket|target|timer)$/.test(name) ? name : `${name}.service`))
      .nullable()
      .default(null),
    /** the account whose own systemd has the unit; null: the host's systemd; for `sidekiq`, that of its recipe */
    account: account.nullable().default(null),
    /** full commands, instead of systemctl */
    start: program.nullable().default(null),
    stop: program.nullable().default(null),
    restart: program.nullable().default(null),
    /** the account that runs them, if not root */
    as: z.strictObject({ uid: account, gid: account.optional() }).nullable().default(null),
    /** seconds that each command may take */
    timeout: z.number().int().min(1).default(90),
    /** Monit stops monitoring after this many restarts within this many cycles; null: never */
    giveUp: z
      .strictObject({ restarts: z.number().int().min(1), cycles: z.number().int().min(1).max(64) })
      .refine(({ restarts, cycles }) => restarts <= cycles, 'has more restarts than cycles')
      .nullable()
      .default({ restarts: 5, cycles: 10 }),
    group: z
      .string()
      .regex(/^[\w.-]+$/, 'is a word')
      .nullable()
      .default(null),
    /** null: those of this recipe; for `sidekiq`, else those of its recipe */
    roles: z.array(z.string().min(1)).nullable().default(null),
  })
  .superRefine(({ matching, pidfile, start, stop }, context) => {
    if (matching !== null && pidfile !== null) context.addIssue({ code: 'custom', message: 'has both matching and pidfile' })
    if ((start === null) !== (stop === null)) context.addIssue({ code: 'custom', message: 'has one of start and stop, and needs both' })
  })

export const settings = z
  .object({
    services: z
      .record(z.string().regex(/^[A-Za-z][\w-]*$/, 'is not a name for a service: letters, digits, "_" and "-"'), service)
      .default({}),
    /** the folder from which Monit reads a file for each service */
    confDir: absolute.default('/etc/monit/conf.d'),
    controlFile: absolute.default('/etc/monit/monitrc'),
    /** writes `set httpd unixsocket`: Monit's own commands do not work without an HTTP interface */
    httpd: z.boolean().default(false),
    monitBin: z
      .string()
      .regex(/^[^\s-]\S*$/, 'is one word: a command or its path')
      .default('monit'),
    systemctlBin: program.default('/usr/bin/systemctl'),
    /** false: the account that logs in may do all of this itself */
    sudo: z.boolean().default(true),
    /** seconds for Monit to act on a request, and to see a service up */
    upTimeout: z.number().int().min(1).default(90),
    /** true: only warn if a host lacks Monit, or if it does not answer */
    optional: z.boolean().default(false),
    /** null: every release host; for `sidekiq`, those of its recipe */
    roles: z.array(z.string().min(1)).nullable().default(null),
    /** false: a deploy runs none of the tasks by itself */
    defaultHooks: z.boolean().default(true),
  })
  .superRefine(({ services }, context) => {
    for (const [key, { matching, pidfile }] of Object.entries(services)) {
      if (key !== 'sidekiq' && matching === null && pidfile === null)
        context.addIssue({
          code: 'custom',
          path: ['services', key],
          message: 'needs matching or pidfile: by what does Monit know its process?',
        })
    }
  })
export type Settings = z.output<typeof settings>
