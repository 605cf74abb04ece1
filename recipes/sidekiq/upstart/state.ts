import { sh } from '../../../src/index.ts'
import type { Command, RecipeFacts } from '../../../src/index.ts'
import type { Asking, Context } from '../manager.ts'
import { lines } from '../../shell.ts'
import { isMeant } from '../units.ts'
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
  ${status(s.upstart.initctlBin)}
  printf '%s\n' "$said" | sed -n 1p
}
${lines(instances(s).map(({ words }) => sh`ask ${words}`))}
`.probe()

/** What Upstart says of "$@", in `said`, before it is known who logs in: whoever is not root asks through sudo. */
const status = (bin: string): Command =>
  sh`if [ "$(id -u)" = 0 ]; then said=$(${bin} status "$@" 2>&1) || :; else said=$(sudo -n ${bin} status "$@" 2>&1) || :; fi`

/** A line `NAME PID` for each; PID 0: it does not run. Without refinements, for it becomes part of other commands. */
export const pids = ({ settings: s }: Pick<Context, 'settings'>): Command =>
  sh`
export LC_ALL=C
pid() {
  label=$1; shift
  ${status(s.upstart.initctlBin)}
  pid=$(printf '%s\n' "$said" | sed -n '1s/^.* start\/running, process \([0-9][0-9]*\)$/\1/p')
  printf '%s %s\n' "$label" "\${pid:-0}"
}
${lines(instances(s).map(({ label, words }) => sh`pid ${label} ${words}`))}
`.probe()

/** The jobs of this host, in the order of the settings. */
export const jobsOf = ({ settings, facts }: Pick<Context, 'settings' | 'facts'>): readonly Job[] => {
  const { jobs: answer }: RecipeFacts = facts
  const said = answer?.ok ? answer.stdout.split('\n') : []
  return instances({ ...settings, only: undefined })
    .map((one, i) => ({ ...one, ...stateOf(said[i] ?? answer?.stderr.trim() ?? '') }))
    .filter(isMeant(settings))
}

/** What a line of `initctl status` means. All errors are exit code 1, so that their text tells them apart. */
const stateOf = (said: string): Pick<Job, 'state' | 'pid' | 'said'> => {
  const [, goal, state, pid] = /^\S+(?: \(.*\))? (start|stop)\/([\w-]+)(?:, process (\d+))?/.exec(said) ?? []
  if (/Unknown job/.test(said)) return { state: 'missing', pid: 0, said }
  // an instance that is not there is one that does not run
  if (/Unknown instance/.test(said) || goal === 'stop') return { state: 'down', pid: 0, said }
  if (goal === undefined) return { state: 'unknown', pid: 0, said }
  return { state: state === 'running' ? 'running' : 'starting', pid: state === 'running' ? Number(pid ?? 0) : 0, said }
}
