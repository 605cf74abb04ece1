import { z } from 'zod'
import { count } from '../../../src/kit/index.ts'

const flags = z.union([z.string(), z.array(z.string())])
/** A path; relative ones are in `shared`. */
const file = z
  .string()
  .min(1)
  .regex(/^(?!\.\.?(\/|$))(?!.*\/\.\.(\/|$)).*[^/]$/, 'must be a path in shared, or an absolute one')

/**
 * Settings for `manager: 'signals'` only.
 * @since 0.2.0
 */
export const signalsSettings = {
  /** Settings that only `manager: 'signals'` needs: Sidekiq 5 and older, as a daemon. */
  signals: z
    .strictObject({
      /** The directory of the pidfiles; a relative path is in `shared`. They are `sidekiq-0.pid`, `sidekiq-1.pid` … */
      pids: file.default('tmp/pids'),
      /** The log file; a relative path is in `shared`. `null`: `sidekiq.yml` names it; a daemon needs one. */
      log: file.nullable().default('log/sidekiq.log'),
      /** Sidekiq's `--require`, for an application without Rails. */
      require: z.array(z.string().min(1)).default([]),
      /** Sidekiq's `--tag`. */
      tag: z.string().min(1).nullable().default(null),
      /**
       * More arguments for every process.
       * @example '-v'
       */
      options: flags.default([]),
      /**
       * More arguments for each process, in order.
       * @example ['--queue high', '--queue low']
       */
      optionsPerProcess: z.array(flags).default([]),
      /** Seconds that a process may take to start. */
      startTimeout: count.default(60),
      /** `true`: kill processes that have not ended by the deadline, which may lose jobs. `false`: fail. */
      kill: z.boolean().default(false),
    })
    .prefault({}),
}
