import { z } from 'zod'
import { absolutePath, count, line, program } from '../../../src/kit/index.ts'

/**
 * Settings for `manager: 'upstart'` only.
 * @since 0.2.0
 */
export const upstartSettings = {
  /** Settings that only `manager: 'upstart'` needs. */
  upstart: z
    .strictObject({
      /** `[COUNT, SECONDS]`: Upstart gives up after more than COUNT restarts in SECONDS. `'unlimited'`: never. */
      respawnLimit: z.union([z.literal('unlimited'), z.tuple([count, count])]).default([3, 30]),
      /** Seconds from TERM to KILL. `null`: `timeout` plus 10, 35 by default. Upstart's default of 5 seconds would lose jobs. */
      killTimeout: count.nullable().default(null),
      /** The signal that quiets Sidekiq: `'TSTP'` or `'USR1'`. `null`: USR1 up to Sidekiq 4.2.8 in the live release's `Gemfile.lock`, otherwise TSTP. */
      quietSignal: z.enum(['TSTP', 'USR1']).nullable().default(null),
      /** The events that start the job, in Upstart's syntax. */
      startOn: line.default('runlevel [2345]'),
      /** The events that stop it. */
      stopOn: line.default('runlevel [!2345]'),
      /** The group that it runs as. `null`: the user's own. */
      group: line
        .regex(/^[^\s:/-][^\s:/]*$/, 'must be the name of a group')
        .nullable()
        .default(null),
      /** How many files and sockets it may have open. `null`: init's limit. */
      limitNofile: count.nullable().default(65_536),
      /**
       * More lines for the job.
       * @example ['nice 5', 'oom score -200']
       */
      stanzas: z.array(line).default([]),
      /** Seconds that Sidekiq may take to start. */
      startTimeout: count.default(60),
      /** The command, or its full path. */
      initctlBin: program.default('initctl'),
      /** Where the job files are. */
      initDir: absolutePath.default('/etc/init'),
      /** Where `console log` writes. */
      logDir: absolutePath.default('/var/log/upstart'),
    })
    .prefault({}),
}
