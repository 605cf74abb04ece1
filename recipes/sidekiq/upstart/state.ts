import { sh } from '../../../src/index.ts'
import type { Command, RecipeFacts } from '../../../src/index.ts'
import type { Asking, Context } from '../manager.ts'
import { lines } from '../../shell.ts'
import { isMeant } from '../units.ts'
import { instances, type Instance } from './jobs.ts'

/** A job or an instance as it was when the host was read. */
export interface Job extends Instance {
  /** `unknown`: Upstart could not be asked; `said` has its answer */
  readonly state: 'missing' | 'running' | 'starting' | 'down' | 'unknown'
  /** 0: none */
  readonly pid: number
  readonly said: string
}

/** root needs no sudo. Once the host is read, the login is known; before that, the shell finds out. */
export const root = ({ layout }: Pick<Context, 'layout'>): boolean => layout.user === 'root'

/** One line per job: the answer of `initctl status`, even if that is an error. */
export const askJobs = ({ settings: s }: Asking): Command =>
  sh.env({ LC_ALL: 'C' })`
ask() {
  ${status(s.upstart.initctlBin)}
  printf '%s\n' "$said" | sed -n 1p
}
${lines(instances(s).map(({ words }) => sh`ask ${words}`))}
`.probe()

/** Puts Upstart's answer for "$@" into `said`. The login is not known yet: any account but root asks through sudo. */
const status = (bin: string): Command =>
  sh`if [ "$(id -u)" = 0 ]; then said=$(${bin} status "$@" 2>&1) || :; else said=$(sudo -n ${bin} status "$@" 2>&1) || :; fi`

/** Prints a line `NAME PID` per job; PID 0: it does not run. Has no refinements, because it becomes part of other commands. */
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

/** Parses a line of `initctl status`. All errors exit with 1, so only their text distinguishes them. */
const stateOf = (said: string): Pick<Job, 'state' | 'pid' | 'said'> => {
  const [, goal, state, pid] = /^\S+(?: \(.*\))? (start|stop)\/([\w-]+)(?:, process (\d+))?/.exec(said) ?? []
  if (/Unknown job/.test(said)) return { state: 'missing', pid: 0, said }
  // an unknown instance is one that does not run
  if (/Unknown instance/.test(said) || goal === 'stop') return { state: 'down', pid: 0, said }
  if (goal === undefined) return { state: 'unknown', pid: 0, said }
  return { state: state === 'running' ? 'running' : 'starting', pid: state === 'running' ? Number(pid ?? 0) : 0, said }
}
