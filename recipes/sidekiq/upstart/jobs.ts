import type { UnitSettings } from '../units.ts'
import { fileNames, isMeant } from '../units.ts'

/** A job file of a host. */
export interface JobFile {
  readonly name: string
  readonly configFile: string
}

/** What initctl calls one process: a job, or an instance of it if `processes` is 2 or more. */
export interface Instance {
  readonly job: string
  /** null: the job has no instances */
  readonly index: number | null
  /** `['sidekiq']`, `['sidekiq', 'index=1']` */
  readonly words: readonly string[]
  /** the name of its log: `sidekiq`, `sidekiq-1` */
  readonly label: string
}

/**
 * The jobs of a host, in order, one per config file. Named like the unit without its suffix, with `_` for characters that initctl rejects.
 */
export const jobFiles = (s: UnitSettings): readonly JobFile[] =>
  fileNames({ ...s, processes: 1 }).map(({ name, configFile }) => ({
    name: name.replace(/\.service$/, '').replaceAll(/[^\w.-]/g, '_'),
    configFile,
  }))

export const instances = (s: UnitSettings): readonly Instance[] =>
  jobFiles(s)
    .flatMap(({ name }): readonly Instance[] =>
      s.processes === 1
        ? [{ job: name, index: null, words: [name], label: name }]
        : Array.from({ length: s.processes }, (_, i) => ({
            job: name,
            index: i + 1,
            words: [name, `index=${i + 1}`],
            label: `${name}-${i + 1}`,
          })),
    )
    .filter(isMeant(s))

/** The job that starts another job's instances at boot. */
export const workersOf = (name: string): string => `${name}-workers`

/** The jobs that start at boot: those that run the processes, or those that start the instances. */
export const bootJobs = (s: UnitSettings): readonly string[] => jobFiles(s).map(({ name }) => (s.processes === 1 ? name : workersOf(name)))
