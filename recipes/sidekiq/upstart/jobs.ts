import type { UnitSettings } from '../units.ts'
import { fileNames, isMeant } from '../units.ts'

/** A job file of a host. */
export interface JobFile {
  readonly name: string
  readonly configFile: string
}

/** What initctl is told of one process: a job, or with `processes` of two and more an instance of it. */
export interface Instance {
  readonly job: string
  /** null: the job has no instances */
  readonly index: number | null
  /** `['sidekiq']`, `['sidekiq', 'index=1']` */
  readonly words: readonly string[]
  /** as Upstart names its log: `sidekiq`, `sidekiq-1` */
  readonly label: string
}

/** The jobs of one host, in order, one a config file: the name of a unit without its suffix, and no sign that initctl would not take. */
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

/** The job that starts the instances of another at boot. */
export const workersOf = (name: string): string => `${name}-workers`

/** The jobs that come up at boot: those that start processes, or their workers' jobs. */
export const bootJobs = (s: UnitSettings): readonly string[] => jobFiles(s).map(({ name }) => (s.processes === 1 ? name : workersOf(name)))
