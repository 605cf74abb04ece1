import { dirname } from 'node:path/posix'
import { path, sh } from '../../../src/index.ts'
import type { Command, Path, RecipeFacts, Sh } from '../../../src/index.ts'
import { bundler } from '../../bundler.ts'
import { notOf } from '../../foreign.ts'
import type { Asking, Context } from '../manager.ts'
import type { Settings } from '../settings.ts'
import { isMeant } from '../units.ts'

type Known = Pick<Context, 'settings' | 'paths' | 'settingsOf'>

/** One Sidekiq of a host: its index, its pidfile and its config file (undefined: config/sidekiq.yml, which it finds by itself). */
export interface Process {
  readonly index: number
  readonly file: Path
  readonly config: string | undefined
}

/** `sidekiq-0.pid`, `sidekiq-1.pid` …, the names capistrano-sidekiq has used since 0.5.4. The count continues across config files. */
export const processesOf = (c: Known): readonly Process[] => {
  const { serviceUnitName, configFiles, processes, signals } = c.settings
  const name = serviceUnitName.replace(/\.service$/, '')
  return configFiles
    .flatMap((config) => Array.from({ length: processes }, () => (config === 'sidekiq.yml' ? undefined : `config/${config}`)))
    .map((config, index) => ({ index, config, file: inShared(c, signals.pids).join(`${name}-${index}.pid`) }))
    .filter(isMeant(c.settings))
}

/** The same pidfiles, as in the settings: relative ones are in `shared`. */
export const pidfiles = ({ serviceUnitName, configFiles, processes, signals }: Settings): readonly string[] =>
  Array.from({ length: configFiles.length * processes }, (_, i) => `${signals.pids}/${serviceUnitName.replace(/\.service$/, '')}-${i}.pid`)

export const inShared = ({ paths }: Pick<Known, 'paths'>, place: string): Path =>
  /^[/~]/.test(place) ? path(place) : paths.shared.join(place)

/** The folders that Sidekiq's user writes to. */
export const placesOf = (c: Pick<Known, 'settings' | 'paths'>): readonly Path[] => {
  const { pids, log } = c.settings.signals
  return [inShared(c, pids), ...(log === null ? [] : [path(dirname(inShared(c, log).toString()))])]
}

/** The tag for commands that run as the owner of the processes. */
export const asOwner = (c: Context | Asking): Sh => {
  const { user } = c.settings
  const login = 'layout' in c ? c.layout.user : c.host.user
  return user === null || user === login ? sh : sh.as(user)
}

/** The lock file with the gem versions, relative to a release. */
export const lockfile = (c: Pick<Known, 'settingsOf'>): string => {
  const gemfile = c.settingsOf(bundler)?.gemfile ?? null
  return gemfile === null ? 'Gemfile.lock' : `${gemfile}.lock`
}

/**
 * Shell functions. `ours PID`: whether it is a Sidekiq of this application, by the title that Sidekiq and bundler set and by its working
 * directory, since other programs reuse PIDs. If the directory is not readable, it counts as ours: a signal will tell. `titled PID`: by the
 * title alone, read again if it does not match, since Sidekiq may be writing it. `in_file FILE`: `ours` for the PID in a pidfile, which it
 * leaves in `pid`.
 */
export const FUNCTIONS = ({
  paths,
}: Pick<Known, 'paths'>): Command => sh`releases=$(cd ${paths.releases} 2>/dev/null && pwd -P) || releases=none
titled() {
  for again in 1 2 3; do
    if tr '\0' '\n' < "/proc/$1/cmdline" | grep -qE '^([^ ]*/)?sidekiq( |$)'; then return 0; fi
  done 2>/dev/null
  return 1
}
ours() {
  titled "$1" || return 1
  cwd=$(readlink "/proc/$1/cwd") || cwd=
  case $cwd in (''|"$releases"/*) return 0 ;; esac
  return 1
}
in_file() {
  pid=$(cat "$1" 2>/dev/null) || pid=
  case $pid in (''|*[!0-9]*) return 1 ;; esac
  ours "$pid"
}`

/** Shell function `tell SIGNAL PID`: fails only if the signal could not be sent and the process is still there. */
export const TELL: Command = sh`tell() { kill -s "$1" "$2" || ! ours "$2"; }`

/**
 * Finds running processes, stale pidfiles, pidfiles of other applications, processes without a pidfile, folders that are not writable, and
 * the live release's version of Sidekiq.
 */
export const look = (c: Context | Asking): Command => {
  const { signals } = c.settings
  const pids = inShared(c, signals.pids)
  const dirs = placesOf(c)
  const lock = lockfile(c)
  return asOwner(c)`
${FUNCTIONS(c)}
theirs() {
  case $1 in (''|*[!0-9]*) return 1 ;; esac
  titled "$1" || return 1
  cwd=$(readlink "/proc/$1/cwd")
}
for file in ${processesOf(c).map(({ file }) => file)}; do
  if in_file "$file"; then echo "running $pid $file"; elif theirs "$pid"; then echo "foreign $pid $file"; echo "place $pid $cwd"; elif [ -e "$file" ]; then echo "stale \${pid:-0} $file"; else echo "none 0 $file"; fi
done
for dir in ${dirs}; do if [ -d "$dir" ] && [ ! -w "$dir" ]; then echo "unwritable $dir"; fi; done
if [ -r ${c.paths.current}/${lock} ]; then sed -n 's/^    sidekiq (\([0-9][^)]*\))$/version \1/p' ${c.paths.current}/${lock}; fi
for one in $(grep -l sidekiq /proc/[0-9]*/cmdline 2>/dev/null); do
  one=\${one#/proc/}; one=\${one%/cmdline}
  if ! ours "$one" || [ -z "$cwd" ] || cat ${pids}/*.pid 2>/dev/null | grep -qx "$one"; then continue; fi
  if ours "$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$one/status")"; then continue; fi
  echo "stray $one"
done
`
    .title('look for the processes of Sidekiq')
    .probe()
}

/** `foreign`: the pidfile names a Sidekiq that runs outside our releases. */
type State = 'running' | 'foreign' | 'stale' | 'none'

/** What {@link look} found when the host was read. */
export interface Seen {
  /** false: the host could not be asked */
  readonly known: boolean
  readonly processes: readonly (Process & { readonly state: State; readonly pid: number })[]
  /** by PID: the working directory of another application's Sidekiq */
  readonly places: ReadonlyMap<number, string>
  readonly strays: readonly number[]
  readonly unwritable: readonly string[]
  /** from the live release's Gemfile.lock */
  readonly version: string | undefined
}

export const seen = (c: Context): Seen => {
  const { processes: answer }: RecipeFacts = c.facts
  const lines = answer?.ok ? answer.stdout.split('\n') : []
  const of = (word: string): string[] => lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))
  const found = lines.flatMap((line) => {
    const [, state, pid] = /^(running|foreign|stale|none) (\d+) /.exec(line) ?? []
    return state === undefined ? [] : [{ state: state as State, pid: Number(pid) }]
  })
  const all = processesOf({ ...c, settings: { ...c.settings, only: undefined } })
  return {
    known: answer?.ok === true && found.length === all.length,
    processes: all.map((process, i) => ({ ...process, ...(found[i] ?? { state: 'none' as const, pid: 0 }) })).filter(isMeant(c.settings)),
    places: new Map(of('place').map((row) => [Number.parseInt(row, 10), row.replace(/^\d+ /, '')])),
    strays: of('stray').map(Number),
    unwritable: of('unwritable'),
    version: of('version')[0],
  }
}

/** Pidfiles under our names that belong to another application: ending its process and removing its pidfile both break it. */
export const foreignProcesses = (c: Context): readonly string[] => {
  const { processes, places } = seen(c)
  return processes.flatMap(({ state, pid, file }) =>
    state === 'foreign' ? [notOf(c, `${file}: Sidekiq ${pid}`, `runs in ${places.get(pid) ?? 'another folder'}`)] : [],
  )
}
