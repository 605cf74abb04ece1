import { z } from 'zod'

const flags = z.union([z.string(), z.array(z.string())])
/** relative: in `shared` */
const place = z
  .string()
  .min(1)
  .regex(/^(?!\.\.?(\/|$))(?!.*\/\.\.(\/|$)).*[^/]$/, 'is a path in shared, or an absolute one')

/** Settings for `manager: 'signals'` only. */
export const signalsSettings = {
  /** for `manager: 'signals'`: Sidekiq 5 and older, as a daemon */
  signals: z
    .object({
      /** the folder of the pidfiles; relative: in `shared` */
      pids: place.default('tmp/pids'),
      /** relative: in `shared`; null: sidekiq.yml names it, since a daemon needs one */
      log: place.nullable().default('log/sidekiq.log'),
      /** `--require` */
      require: z.array(z.string().min(1)).default([]),
      /** `--tag` */
      tag: z.string().min(1).nullable().default(null),
      /** extra arguments for every process: `'-v'` */
      options: flags.default([]),
      /** extra arguments per process, in order: `['--queue high', '--queue low']` */
      optionsPerProcess: z.array(flags).default([]),
      /** seconds that a process may take to come up */
      boot: z.number().int().min(1).default(60),
      /** true: kill what has not ended by its deadline, which may lose jobs; false: fail */
      kill: z.boolean().default(false),
    })
    .prefault({}),
}
