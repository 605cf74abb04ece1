import { sh } from '../../../src/index.ts'
import type { Command, RecipeFacts } from '../../../src/index.ts'
import type { Asking, Context } from '../manager.ts'
import { instances, type Instance } from './jobs.ts'

/** A job or an instance as it was when the host was read. */
export interface Job extends Instance {
  /** `unknown`: Upstart could not be asked; what it said is in `said` */
  readonly state: 'missing' | 'running' | 'starting' | 'down' | 'unknown'
  /** 0: none */
  readonly pid: number
  readonly said: string
}

/** Whoever is root needs no sudo. Who logs in is known when the host was read; before that a shell finds out. */
export const root = ({ layout }: Pick<Context, 'layout'>): boolean => layout.user === 'root'

/** One line for each: what `initctl status` says of it, also where that is an error. */
export const askJobs = ({ settings: s }: Asking): Command =>
  sh.env({ LC_ALL: 'C' })`
ask() {
  if [ "$(id -u)" = 0 ]; then said=$(${s.upstart.initctlBin} status "$@" 2>&1) || :; else said=$(sudo -n ${s.upstart.initctlBin} status "$@" 2>&1) || :; fi
  printf '%s\n' "$said" | sed -n 1p
}
${lines(instances(s).map(({ words }) => sh`ask ${words}`))}
`.probe()

/** The jobs of this host, in the order of the settings. */
export const jobsOf = ({ settings, facts }: Pick<Context, 'settings' | 'facts'>): readonly Job[] => {
  const { jobs: answer }: RecipeFacts = facts
  const said = answer?.ok ? answer.stdout.split('\n') : []
  return instances(settings).map((one, i) => ({ ...one, ...stateOf(said[i] ?? answer?.stderr.trim() ?? '') }))
}

/** What a line of `initctl status` means. All errors are exit code 1, so that their text tells them apart. */
export const stateOf = (said: string): Pick<Job, 'state' | 'pid' | 'said'> => {
  const [, goal, state, pid] = /^\S+(?: \(.*\))? (start|stop)\/([\w-]+)(?:, process (\d+))?/.exec(said) ?? []
  if (/Unknown job/.test(said)) return { state: 'missing', pid: 0, said }
  // an instance that is not there is one that does not run
  if (/Unknown instance/.test(said) || goal === 'stop') return { state: 'down', pid: 0, said }
  if (goal === undefined) return { state: 'unknown', pid: 0, said }
  return { state: state === 'running' ? 'running' : 'starting', pid: state === 'running' ? Number(pid ?? 0) : 0, said }
}

/** A release that is good: from then on the jobs have to be there. */
export const everDeployed = ({ layout }: Pick<Context, 'layout'>): boolean => layout.releases.some(({ state }) => state === 'good')

/** Commands as the lines of one. */
export function lines(all: readonly Command[]): Command {
  return all.length === 0
    ? sh`:`
    : all.reduce(
        (before, next) => sh`${before}
${next}`,
      )
}
