import { z } from 'zod'
import type { Secret } from '../../../src/index.ts'
import { duration } from '../../../src/kit/index.ts'

const secretUrl = z.custom<Secret>((value) => typeof value === 'object' && value !== null && '__secret' in value)
const url = z.string().regex(/^(rediss?:\/\/|unix:|\/)/, 'must be redis://, rediss:// or unix://, or the path of a socket')
const file = z
  .string()
  .min(1)
  .regex(/^[^-\s]/, 'must be the path of a file')

const drain = z.strictObject({
  /** How long to wait, from the start of the drain; at least until the next heartbeat of every process. */
  timeout: duration.default('60s'),
  /**
   * If jobs still run then: `'wait'` for them, `'abort'` the deploy before the switch, or `'proceed'` with TERM, and Sidekiq puts them
   * back.
   */
  onBusy: z.enum(['wait', 'abort', 'proceed']).default('proceed'),
})

/**
 * Settings for the drain and for Redis.
 * @since 0.2.0
 */
export const drainSettings = {
  /**
   * `true`, or an object: wait for running jobs before Sidekiq is stopped or restarted. `null`: do not wait.
   * @example { timeout: '5m', onBusy: 'abort' }
   */
  drain: z
    .union([z.null(), z.literal(true), drain])
    .transform((given) => (given === true ? drain.parse({}) : given))
    .default(null),
  /** Where Sidekiq's Redis is, as the host sees it. */
  redis: z
    .strictObject({
      /**
       * `redis://…`, `rediss://…`, `unix:///PATH`, or the path of a socket. With a password: `secret(…)`.
       * @example 'redis://10.0.0.5:6379/0'
       */
      url: z.union([url, secretUrl]).nullable().default(null),
      /**
       * One or more files with lines `NAME=VALUE` that set `REDIS_URL`, or the variable that `REDIS_PROVIDER` names; relative paths are in
       * `shared`.
       * @example '.env'
       */
      envFile: z.union([file.transform((one) => [one]), z.array(file)]).default([]),
      /** `'app'`: load the application and ask it, which is slow and exact. `{ app: './worker.rb' }`: load this file instead. */
      from: z
        .union([
          z.literal('app'),
          z.strictObject({
            /** The file that Sidekiq loads, its `-r`. */
            app: file,
          }),
        ])
        .nullable()
        .default(null),
      /** The namespace of redis-namespace, with Sidekiq 6 and older. */
      namespace: z.string().min(1).nullable().default(null),
      /** `false`: do not verify the certificate of `rediss://`. */
      tlsVerify: z.boolean().default(true),
    })
    .prefault({}),
  /** `true`: run `sidekiq:mark_deploy` after each deploy, for the metrics of Sidekiq's web UI (Sidekiq 7 and later). */
  markDeploy: z.boolean().default(false),
  /** The label of the mark. `null`: commit and branch. */
  deployLabel: z.string().min(1).nullable().default(null),
}
