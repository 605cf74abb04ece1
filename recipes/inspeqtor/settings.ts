import { z } from 'zod'
import { idle } from '../rules/metrics.ts'
import { ruleSchema } from '../rules/schema.ts'
import { alertSchema, alertProblems } from './alerts.ts'

// oxlint-disable-next-line no-control-regex
const word = z.string().regex(/^[^\u0000-\u001f"]+$/, 'is empty, or has a quote or a line break, which Inspeqtor cannot read')
const absolute = z.string().regex(/^\/[^\s]*[^\s/]$/, 'is an absolute path')
const command = z.string().regex(/^[^\s-]\S*$/, 'is one word: a command or its path')
const names = z.record(word, word)

/** The name in systemd, Upstart or runit: no path, and no `.service`, since Inspeqtor looks it up without. */
const unit = word.regex(/^[^/]+$/, 'has a slash').transform((name) => name.replace(/\.service$/, ''))

const service = z.strictObject({
  /** in Inspeqtor's syntax, or as objects */
  rules: z.array(ruleSchema((rule) => idle(rule, 'service'))).min(1, 'has no rule, and Inspeqtor takes no service without one'),
  /** the unit or job, or several; null: the one with the service's name; for `sidekiq`, those of its recipe */
  name: z
    .union([unit.transform((one) => [one]), z.array(unit).min(1)])
    .nullable()
    .default(null),
  /** `with owner ops` */
  with: names.default({}),
  expose: z.array(word).default([]),
  /** null: those of this recipe; for `sidekiq`, else those of its recipe */
  roles: z.array(z.string().min(1)).nullable().default(null),
})

export const settings = z
  .object({
    services: z
      .record(z.string().regex(/^[A-Za-z][\w.@-]*$/, 'is not a name for a service: letters, digits and . _ @ -'), service)
      .default({}),
    /** host.inq; null leaves it unchanged */
    host: z
      .strictObject({
        rules: z.array(ruleSchema((rule) => idle(rule, 'host'))).min(1, 'has no rule, and Inspeqtor takes no host without one'),
        with: names.default({}),
      })
      .nullable()
      .default(null),
    /** the `send alerts` lines of inspeqtor.conf; without any, and without `conf`, the file is left unchanged */
    alerts: z.array(alertSchema).default([]),
    /** the rest of inspeqtor.conf */
    conf: z
      .strictObject({
        /** seconds between checks */
        cycleTime: z.number().int().min(1).default(15),
        logLevel: z.enum(['debug', 'verbose', 'info', 'warn', 'error']).default('info'),
        /** 0: none */
        exposePort: z.number().int().min(0).max(65_535).default(4677),
        statsdLocation: z
          .string()
          .regex(/^\S+:\d+$/, 'is host:port')
          .nullable()
          .default(null),
      })
      .nullable()
      .default(null),
    /** seconds until a silence ends by itself (`deploy_length`); a deploy renews it after half of that */
    deployLength: z.number().int().min(10).default(300),
    /** seconds within which every service must be up after a deploy */
    upTimeout: z.number().int().min(1).default(60),
    /** true: only warn if a host lacks Inspeqtor, or if it does not answer */
    optional: z.boolean().default(false),
    dir: absolute.default('/etc/inspeqtor'),
    socket: absolute.default('/var/run/inspeqtor.sock'),
    inspeqtorBin: command.default('inspeqtor'),
    inspeqtorctlBin: command.default('inspeqtorctl'),
    /** false: the account that logs in may write there and use the socket itself */
    sudo: z.boolean().default(true),
    /** null: every release host; for `sidekiq`, those of its recipe */
    roles: z.array(z.string().min(1)).nullable().default(null),
    /** false: a deploy runs none of the tasks by itself */
    defaultHooks: z.boolean().default(true),
  })
  .superRefine((made, context) => {
    for (const { path, message } of [...twice(made.services), ...alertProblems(made)])
      context.addIssue({ code: 'custom', path: [...path], message })
  })
export type Settings = z.output<typeof settings>

/** A unit has one file, so it can have only one list of rules. */
const twice = (services: Settings['services']) => {
  const seen = new Map<string, string>()
  return Object.entries(services).flatMap(([key, { name, roles }]) =>
    (name ?? [key]).flatMap((one) => {
      const before = seen.get(one)
      seen.set(one, key)
      // the same unit may have other rules on other hosts
      return before === undefined || (roles !== null && services[before]!.roles !== null)
        ? []
        : [{ path: ['services', key], message: `${JSON.stringify(one)} is watched by ${before} already` }]
    }),
  )
}
