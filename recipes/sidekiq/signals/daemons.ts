import { dirname } from 'node:path/posix'
import { fact, path, sh, sudoRefused } from '../../../src/index.ts'
import type { Command, Fact, Finding, Path, ProbeResult, Sh } from '../../../src/index.ts'
import { foreignMessage } from '../../../src/kit/index.ts'
import type { Daemon, DaemonsRead, DaemonState } from '../known.ts'
import { errorOf, renameHint } from '../manager.ts'
import type { Asking, Context } from '../manager.ts'
import { inShared, lockfileOf } from '../program.ts'
import type { Settings } from '../settings.ts'
import { isSelected } from '../units.ts'

type Known = Pick<Context, 'settings' | 'paths'>

/** `sidekiq-0.pid`, `sidekiq-1.pid` …, the names capistrano-sidekiq has used since 0.5.4. The count continues across config files. */
export const daemonsOf = (c: Known): readonly Daemon[] => {
  const { configFiles, processes } = c.settings
  return pidfiles(c.settings)
    .map((file, index) => {
      const config = configFiles[Math.floor(index / processes)]!
      return { index, file: inShared(c, file), config: config === 'sidekiq.yml' ? undefined : `config/${config}` }
    })
    .filter(isSelected(c.settings))
}

/** The same pidfiles, as in the settings: relative ones are in `shared`. */
export const pidfiles = ({ serviceUnitName, configFiles, processes, signals }: Settings): readonly string[] =>
  Array.from({ length: configFiles.length * processes }, (_, i) => `${signals.pids}/${serviceUnitName.replace(/\.service$/, '')}-${i}.pid`)

/** The folders that Sidekiq's user writes to. */
export const foldersOf = (c: Known): readonly Path[] => {
  const { pids, log } = c.settings.signals
  return [inShared(c, pids), ...(log === null ? [] : [path(dirname(inShared(c, log).toString()))])]
}

/** The tag for commands that run as the owner of the processes. Before the host is read, the login is the account in the config. */
export const asOwner = (c: Pick<Asking, 'settings' | 'host'> & { readonly layout?: Pick<Context['layout'], 'user'> }): Sh => {
  const { user } = c.settings
  return user === null || user === (c.layout === undefined ? c.host.user : c.layout.user) ? sh : sh.as(user)
}

/**
 * Shell functions. `ours PID`: whether it is a Sidekiq of this application, by the title that Sidekiq and bundler set and by its working
 * directory, since other programs reuse PIDs. If the directory is not readable, it counts as ours: a signal will show. `titled PID`: by the
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

/** Shell function `send SIGNAL PID`: fails only if the signal could not be sent and the process is still there. */
export const SEND: Command = sh`send() { kill -s "$1" "$2" || ! ours "$2"; }`

/**
 * Finds running processes, stale pidfiles, pidfiles of other applications, processes without a pidfile, folders that are not writable, and
 * the live release's version of Sidekiq.
 */
const readDaemons = (c: Context | Asking): Command => {
  const pids = inShared(c, c.settings.signals.pids)
  const lock = lockfileOf(c)
  return asOwner(c)`
${FUNCTIONS(c)}
theirs() {
  case $1 in (''|*[!0-9]*) return 1 ;; esac
  titled "$1" || return 1
  cwd=$(readlink "/proc/$1/cwd")
}
for file in ${daemonsOf(c).map(({ file }) => file)}; do
  if in_file "$file"; then echo "running $pid $file"; elif theirs "$pid"; then echo "foreign $pid $file"; echo "dir $pid $cwd"; elif [ -e "$file" ]; then echo "stale \${pid:-0} $file"; else echo "none 0 $file"; fi
done
for dir in ${foldersOf(c)}; do if [ -d "$dir" ] && [ ! -w "$dir" ]; then echo "unwritable $dir"; fi; done
if [ -r ${c.paths.current}/${lock} ]; then sed -n 's/^    sidekiq (\([0-9][^)]*\))$/version \1/p' ${c.paths.current}/${lock}; fi
for one in $(grep -l sidekiq /proc/[0-9]*/cmdline 2>/dev/null); do
  one=\${one#/proc/}; one=\${one%/cmdline}
  if ! ours "$one" || [ -z "$cwd" ] || cat ${pids}/*.pid 2>/dev/null | grep -qx "$one"; then continue; fi
  if ours "$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$one/status")"; then continue; fi
  echo "untracked $one"
done
`
    .title("read Sidekiq's processes")
    .probe()
}

/** The fact with what {@link readDaemons} finds. */
export const daemonsFact = (c: Asking): Fact<DaemonsRead> => fact(readDaemons(c), parseDaemons(daemonsOf(c)))

const parseDaemons =
  (all: readonly Daemon[]) =>
  ({ ok, stdout, stderr }: ProbeResult): DaemonsRead => {
    const lines = ok ? stdout.split('\n') : []
    const rows = (word: string): string[] => lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))
    const states = lines.flatMap((line) => {
      const [, state, pid] = /^(running|foreign|stale|none) (\d+) /.exec(line) ?? []
      return state === undefined ? [] : [{ state: state as DaemonState, pid: Number(pid) }]
    })
    return {
      daemons: all.map((daemon, i) => ({ ...daemon, ...(states[i] ?? NOT_FOUND) })),
      foreignDirs: new Map(rows('dir').map((row) => [Number.parseInt(row, 10), row.replace(/^\d+ /, '')])),
      withoutPidfile: rows('untracked').map(Number),
      unwritable: rows('unwritable'),
      version: rows('version')[0],
      ...(ok && states.length === all.length ? {} : { why: stderr }),
    }
  }

const NOT_FOUND = { state: 'none', pid: 0 } as const

/** The daemons when the host was read; nothing is known about a host that was not asked. */
export const knownDaemons = (c: Pick<Context, 'settings' | 'paths' | 'facts'>): DaemonsRead => {
  const read =
    c.facts.processes ??
    parseDaemons(daemonsOf({ ...c, settings: { ...c.settings, only: undefined } }))({ ok: false, code: 0, stdout: '', stderr: '' })
  return { ...read, daemons: read.daemons.filter(isSelected(c.settings)) }
}

/** Pidfiles under our names that belong to another application: ending its process and removing its pidfile both break it. */
export const foreignFindings = (c: Context): readonly Finding[] => {
  const { daemons, foreignDirs } = knownDaemons(c)
  return daemons
    .filter(({ state }) => state === 'foreign')
    .map(({ pid, file }) =>
      errorOf(
        foreignMessage(c, `${file}: Sidekiq ${pid}`, `runs in ${foreignDirs.get(pid) ?? 'another folder'}`),
        `${renameHint(c)}; or keep its pidfiles in shared: signals: { pids: 'tmp/pids' }`,
      ),
    )
}

/** The remedy if this account may not signal Sidekiq, or become its user. */
export const accountHint = (c: Context, stderr: string): string | undefined => {
  const { user } = c.settings
  if (/not permitted/.test(stderr))
    return `Sidekiq runs as another user than ${user ?? (c.layout.user || 'the deploy user')}: set user to the one that it runs as`
  return sudoRefused(stderr)
    ? `allow ${c.layout.user || 'the deploy user'} to run /bin/sh as ${user} through sudo, without a password`
    : undefined
}

/** A guard: the process in the pidfile runs. */
export const isRunning = (c: Context, { file }: Daemon): Command => sh`${FUNCTIONS(c)}
in_file ${file}`

/** A guard: it is still the process that ran before. */
export const isSameProcess = (c: Context, { file }: Daemon, pid: number): Command => sh`${FUNCTIONS(c)}
in_file ${file} && [ "$pid" = ${pid} ]`
