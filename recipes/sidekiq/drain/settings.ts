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
  /** so long running jobs are waited for */
  timeout: duration.default('60s'),
  /** when jobs still run then: wait on, fail before anything was switched, or go on: TERM, and Sidekiq puts them back */
  onBusy: z.enum(['wait', 'abort', 'proceed']).default('proceed'),
})
export interface Drain {
  readonly timeout: Duration
  readonly onBusy: 'wait' | 'abort' | 'proceed'
}

/** What of the drain and of Redis can be set. */
export const drainSettings = {
  /** true, or how: running jobs are waited for before Sidekiq is stopped. null: it is stopped at once */
  drain: z
    .union([z.null(), z.literal(true), drain])
    .transform((given): Drain | null => (given === true ? drain.parse({}) : given))
    .default(null),
  /** where Sidekiq's Redis is, as the host sees it */
  redis: z
    .strictObject({
      /** `redis://…`, `rediss://…`, `unix://…` or the path of a socket; `secret()` where it has a password */
      url: z.union([url, hidden]).nullable().default(null),
      /** files with lines NAME=VALUE that have REDIS_URL, or what REDIS_PROVIDER names; relative ones are in `shared` */
      envFile: z.union([file.transform((one) => [one]), z.array(file)]).default([]),
      /** 'app': the application is loaded and asked, which is slow and exact; or the file that Sidekiq loads (`-r`) */
      from: z
        .union([z.literal('app'), z.strictObject({ app: file })])
        .nullable()
        .default(null),
      /** of redis-namespace, with Sidekiq 6 and older */
      namespace: z.string().min(1).nullable().default(null),
      /** false: the certificate of rediss:// is not looked at */
      tlsVerify: z.boolean().default(true),
    })
    .prefault({}),
  /** marks each deploy in the metrics of Sidekiq's web page (Sidekiq 7 and later) */
  markDeploy: z.boolean().default(false),
  /** what the mark says; null: commit and branch */
  deployLabel: z.string().min(1).nullable().default(null),
}
