import { fact, sh } from '../../../src/index.ts'
import type { Command, Fact, ProbeResult } from '../../../src/index.ts'
import { joinLines } from '../../../src/kit/index.ts'
import type { Instance, Job } from '../known.ts'
import type { Context } from '../manager.ts'
import type { Settings } from '../settings.ts'
import { fileNames, isSelected, type UnitSettings } from '../units.ts'

/**
 * The job files of a host, in order, one per config file. Named like the unit without its suffix, with `_` for characters that initctl
 * rejects.
 */
export const jobFiles = (s: UnitSettings): readonly { readonly name: string; readonly configFile: string }[] =>
  fileNames({ ...s, processes: 1 }).map(({ name, configFile }) => ({
    name: name.replace(/\.service$/, '').replaceAll(/[^\w.-]/g, '_'),
    configFile,
  }))

/** What initctl knows about a host: its jobs, or their instances if `processes` is 2 or more. */
export const instances = (s: UnitSettings): readonly Instance[] =>
  jobFiles(s)
    .flatMap(({ name }): readonly Instance[] =>
      s.processes === 1
        ? [{ job: name, words: [name], label: name }]
        : Array.from({ length: s.processes }, (_, i) => ({ job: name, words: [name, `index=${i + 1}`], label: `${name}-${i + 1}` })),
    )
    .filter(isSelected(s))

/** The job that starts another job's instances at boot. */
export const workersOf = (name: string): string => `${name}-workers`

/** The jobs that start at boot: those that run the processes, or those that start the instances. */
export const bootJobs = (s: UnitSettings): readonly string[] => jobFiles(s).map(({ name }) => (s.processes === 1 ? name : workersOf(name)))

/** The words of every initctl call that a deploy makes, so that sudoers can list each. Instances are always named one by one. */
export const allCalls = (s: Settings): readonly (readonly string[])[] =>
  instances(s).flatMap(({ words }) => ['status', 'reload', 'stop', 'start'].map((verb) => [s.upstart.initctlBin, verb, ...words]))

/** root needs no sudo. Once the host is read, the login is known; before that, the shell finds out. */
export const isRoot = ({ layout }: Pick<Context, 'layout'>): boolean => layout.user === 'root'

/** The fact with all jobs. The command prints a line per job: the answer of `initctl status`, even if that is an error. */
export const jobsFact = ({ settings: s }: Pick<Context, 'settings'>): Fact<readonly Job[]> => {
  const all = instances(s)
  const command = sh.env({ LC_ALL: 'C' })`
ask() {
  ${statusLine(s.upstart.initctlBin)}
  printf '%s\n' "$answer" | sed -n 1p
}
${joinLines(all.map(({ words }) => sh`ask ${words}`))}
`
  return fact(command, parseJobs(all))
}

const parseJobs =
  (all: readonly Instance[]) =>
  ({ ok, stdout, stderr }: ProbeResult): readonly Job[] => {
    const answers = ok ? stdout.split('\n') : []
    return all.map((one, i) => ({ ...one, ...stateOf(answers[i] ?? stderr.trim()) }))
  }

/** Puts Upstart's answer for "$@" into `answer`. The login is not known yet: any account but root asks through sudo. */
const statusLine = (bin: string): Command =>
  sh`if [ "$(id -u)" = 0 ]; then answer=$(${bin} status "$@" 2>&1) || :; else answer=$(sudo -n ${bin} status "$@" 2>&1) || :; fi`

/** Prints a line `NAME PID` per job; PID 0: it does not run. Has no refinements, because it becomes part of other commands. */
export const pids = ({ settings: s }: Pick<Context, 'settings'>): Command =>
  sh`
export LC_ALL=C
pid() {
  label=$1; shift
  ${statusLine(s.upstart.initctlBin)}
  pid=$(printf '%s\n' "$answer" | sed -n '1s/^.* start\/running, process \([0-9][0-9]*\)$/\1/p')
  printf '%s %s\n' "$label" "\${pid:-0}"
}
${joinLines(instances(s).map(({ label, words }) => sh`pid ${label} ${words}`))}
`.probe()

/** The jobs of this host, in the order of the settings; `unknown` ones if the host was not asked. */
export const jobsOf = ({ settings, facts }: Pick<Context, 'settings' | 'facts'>): readonly Job[] => {
  const all = facts.jobs ?? instances({ ...settings, only: undefined }).map((one): Job => ({ ...one, ...stateOf('') }))
  return all.filter(isSelected(settings))
}

/** Parses a line of `initctl status`. All errors exit with 1, so only their text distinguishes them. */
const stateOf = (answer: string): Pick<Job, 'state' | 'pid' | 'answer'> => {
  const [, goal, state, pid] = /^\S+(?: \(.*\))? (start|stop)\/([\w-]+)(?:, process (\d+))?/.exec(answer) ?? []
  if (/Unknown job/.test(answer)) return { state: 'missing', pid: 0, answer }
  // an unknown instance is one that does not run
  if (/Unknown instance/.test(answer) || goal === 'stop') return { state: 'down', pid: 0, answer }
  if (goal === undefined) return { state: 'unknown', pid: 0, answer }
  return state === 'running' ? { state, pid: Number(pid ?? 0), answer } : { state: 'starting', pid: 0, answer }
}
