import { z } from 'zod'
import type { Duration, Secret } from '../../../src/index.ts'

const duration = z.union([z.number().min(0), z.templateLiteral([z.number().min(0), z.enum(['ms', 's', 'm', 'h'])])])
const hidden = z.custom<Secret>((value) => typeof value === 'object' && value !== null && '__secret' in value)
const url = z.string().regex(/^(rediss?:\/\/|unix:|\/)/, 'is redis://, rediss:// or unix://, or the path of a socket')
const file = z
  .string()
  .min(1)
  .regex(/^[^-\s]/, 'is the path of a file')

const drain = z.strictObject({
  /** how long to wait for running jobs */
  timeout: duration.default('60s'),
  /** if jobs still run then: keep waiting, fail before the switch, or proceed: send TERM, and Sidekiq puts them back */
  onBusy: z.enum(['wait', 'abort', 'proceed']).default('proceed'),
})
export interface Drain {
  readonly timeout: Duration
  readonly onBusy: 'wait' | 'abort' | 'proceed'
}

/** Settings for the drain and for Redis. */
export const drainSettings = {
  /** true, or how: wait for running jobs before stopping Sidekiq. null: stop it at once */
  drain: z
    .union([z.null(), z.literal(true), drain])
    .transform((given): Drain | null => (given === true ? drain.parse({}) : given))
    .default(null),
  /** where Sidekiq's Redis is, as the host sees it */
  redis: z
    .strictObject({
      /** `redis://…`, `rediss://…`, `unix://…` or the path of a socket; use `secret()` if it contains a password */
      url: z.union([url, hidden]).nullable().default(null),
      /** files with NAME=VALUE lines that set REDIS_URL, or the variable that REDIS_PROVIDER names; relative ones are in `shared` */
      envFile: z.union([file.transform((one) => [one]), z.array(file)]).default([]),
      /** 'app': load the application and ask it, which is slow and exact; or the file that Sidekiq loads (`-r`) */
      from: z
        .union([z.literal('app'), z.strictObject({ app: file })])
        .nullable()
        .default(null),
      /** the namespace of redis-namespace, with Sidekiq 6 and older */
      namespace: z.string().min(1).nullable().default(null),
      /** false: do not verify the certificate of rediss:// */
      tlsVerify: z.boolean().default(true),
    })
    .prefault({}),
  /** mark each deploy in the metrics of Sidekiq's web UI (Sidekiq 7 and later) */
  markDeploy: z.boolean().default(false),
  /** the label of the mark; null: commit and branch */
  deployLabel: z.string().min(1).nullable().default(null),
}
