import { z } from 'zod'
import { absolutePath, count, program, roles } from '../../src/kit/index.ts'
import { ruleSchema } from '../rules/index.ts'
import { alertSchema, alertProblems } from './alerts.ts'
import { ineffective } from './metrics.ts'

// oxlint-disable-next-line no-control-regex
const word = z.string().regex(/^[^\u0000-\u001f"]+$/, 'is empty, or has a quote or a line break, which Inspeqtor cannot read')
const names = z.record(word, word)

/** The name in systemd, Upstart or runit: no path, and no `.service`, since Inspeqtor looks it up without. */
const unit = word.regex(/^[^/]+$/, 'has a slash').transform((name) => name.replace(/\.service$/, ''))

const service = z.strictObject({
  /**
   * At least one rule, in Inspeqtor's syntax or as an object.
   * @example ['memory:total_rss > 1g then restart']
   */
  rules: z
    .array(ruleSchema((rule) => ineffective(rule, 'service')))
    .min(1, 'needs at least one rule: Inspeqtor accepts no service without one'),
  /**
   * Its name, or several, in systemd or Upstart. `null`: the service's own name; for `sidekiq`, the units or jobs of `sidekiq()`, each with
   * its own file.
   */
  name: z
    .union([unit.transform((one) => [one]), z.array(unit).min(1)])
    .nullable()
    .default(null),
  /**
   * Names and values to add to alerts, `with owner ops`.
   * @example { owner: 'ops' }
   */
  with: names.default({}),
  /** What Inspeqtor exposes of the service, `expose NAME, …`. */
  expose: z.array(word).default([]),
  /** The servers, if different. `null`: those of the recipe. */
  roles: roles.nullable().default(null),
})

/** @since 0.2.0 */
export const settings = z
  .object({
    /** The services to watch, by name. Each is a file in `services.d`. */
    services: z
      .record(z.string().regex(/^[A-Za-z][\w.@-]*$/, 'is not a valid name for a service: use letters, digits, and . _ @ -'), service)
      .default({}),
    /** The rules of the host, `host.inq`. `null`: the file is left alone. */
    host: z
      .strictObject({
        /**
         * At least one rule.
         * @example ['disk:/ > 90% then alert']
         */
        rules: z
          .array(ruleSchema((rule) => ineffective(rule, 'host')))
          .min(1, 'needs at least one rule: Inspeqtor accepts no host without one'),
        /** Names and values to add to alerts. */
        with: names.default({}),
      })
      .nullable()
      .default(null),
    /** The `send alerts` lines of `inspeqtor.conf`. Without any, and without `conf`, that file is left alone. */
    alerts: z.array(alertSchema).default([]),
    /** The rest of `inspeqtor.conf`. `null`, and without `alerts`: that file is left alone. */
    conf: z
      .strictObject({
        /** Seconds between two checks, a cycle. */
        cycleTime: count.default(15),
        /** How much Inspeqtor logs. */
        logLevel: z.enum(['debug', 'verbose', 'info', 'warn', 'error']).default('info'),
        /** The port of Inspeqtor's web page on the host. `0`: none. */
        exposePort: z.number().int().min(0).max(65_535).default(4677),
        /** Where Inspeqtor sends its metrics, `host:port`. `null`: nowhere. */
        statsdLocation: z
          .string()
          .regex(/^\S+:\d+$/, 'must be host:port')
          .nullable()
          .default(null),
      })
      .nullable()
      .default(null),
    /** Seconds after which a silence ends by itself, `deploy_length` of `inspeqtor.conf`. During a deploy it is renewed after half of them. */
    deployLength: z.number().int().min(10).default(300),
    /** Seconds until every service must be up after a deploy. Inspeqtor checks once per cycle, so use at least two cycles. */
    upTimeout: count.default(60),
    /** `true`: if a host has no Inspeqtor, or it does not answer, or sudo refuses the calls, that is only a warning. */
    optional: z.boolean().default(false),
    /** Inspeqtor's directory. */
    dir: absolutePath.regex(/^\S*[^\s/]$/, 'has a space, or ends with a slash').default('/etc/inspeqtor'),
    /** The socket that Inspeqtor listens on, its `-s`. */
    socket: absolutePath.regex(/^\S*[^\s/]$/, 'has a space, or ends with a slash').default('/var/run/inspeqtor.sock'),
    /** The command, or its full path. */
    inspeqtorBin: program.default('inspeqtor'),
    /** The command, or its full path. */
    inspeqtorctlBin: program.default('inspeqtorctl'),
    /** `false`: work without sudo, because the login account may write in `dir` and use the socket. */
    sudo: z.boolean().default(true),
    /** The servers. `null`: all that get releases; for the service `sidekiq`, those of `sidekiq()`. */
    roles: roles.nullable().default(null),
    /** `false`: adds no hooks to a deploy. */
    defaultHooks: z.boolean().default(true),
  })
  .superRefine((made, context) => {
    for (const { path, message } of [...duplicateUnits(made.services), ...alertProblems(made)])
      context.addIssue({ code: 'custom', path: [...path], message })
  })
export type Settings = z.output<typeof settings>

/** A unit has one file, so it can have only one list of rules. */
const duplicateUnits = (services: Settings['services']) => {
  const seen = new Map<string, string>()
  return Object.entries(services).flatMap(([key, { name, roles }]) =>
    (name ?? [key]).flatMap((one) => {
      const before = seen.get(one)
      seen.set(one, key)
      // the same unit may have other rules on other hosts
      return before === undefined || (roles !== null && services[before]!.roles !== null)
        ? []
        : [{ path: ['services', key], message: `${JSON.stringify(one)} is already watched by ${before}` }]
    }),
  )
}
