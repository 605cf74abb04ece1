import { z } from 'zod'

const flags = z.union([z.string(), z.array(z.string())])
/** relative: in shared */
const place = z
  .string()
  .min(1)
  .regex(/^(?!\.\.?(\/|$))(?!.*\/\.\.(\/|$)).*[^/]$/, 'is a path in shared, or an absolute one')

/** What is set for `manager: 'signals'` alone. */
export const signalsSettings = {
  /** of `manager: 'signals'`: Sidekiq 5 and older, as a daemon */
  signals: z
    .object({
      /** the folder of the pidfiles; relative: in shared */
      pids: place.default('tmp/pids'),
      /** relative: in shared; null: sidekiq.yml names it, for as a daemon it needs one */
      log: place.nullable().default('log/sidekiq.log'),
      /** `--require` */
      require: z.array(z.string().min(1)).default([]),
      /** `--tag` */
      tag: z.string().min(1).nullable().default(null),
      /** more words for every process: `'-v'` */
      options: flags.default([]),
      /** more words for each process, in order: `['--queue high', '--queue low']` */
      optionsPerProcess: z.array(flags).default([]),
      /** seconds until a process has to have come up */
      boot: z.number().int().min(1).default(60),
      /** true: what has not ended by its deadline is killed, and jobs may be lost; false: that is a failure */
      kill: z.boolean().default(false),
    })
    .prefault({}),
}
