import { fact, sh } from '../../../src/index.ts'
import type { Command, Fact, ProbeResult } from '../../../src/index.ts'
import { asScopeUser, type UnitFactsContext } from './facts.ts'

/** What a unit needs to know about its host. */
export interface UnitHost {
  readonly user: string
  readonly group: string
  /** the path at which the stage's commands find each program; a missing program has none */
  readonly programs: Readonly<Record<string, string>>
  /** the PATH of the stage's commands */
  readonly path: readonly string[]
  readonly rbenv: { readonly version: string; readonly root: string }
  readonly kill: string
  /** systemd's version; undefined if it is not known */
  readonly systemd: number | undefined
}

/** What a unit needs to know about a host; `why`: why it could not be read. */
export type HostRead<H = UnitHost> = { readonly known: H; readonly why?: undefined } | { readonly known?: undefined; readonly why: string }

/** Rows of `say KEY VALUE`, by key. */
export type HostRows = ReadonlyMap<string, string>

/**
 * Reads a host as the service's user, in the environment of the stage's commands, rbenv's shims included. `more`: shell that prints more
 * (`say KEY VALUE`), which `parse` reads.
 */
export const unitHostFact = <H>(
  c: UnitFactsContext,
  programs: readonly string[],
  more: Command | readonly [],
  parse: (rows: HostRows) => H,
): Fact<HostRead<UnitHost & H>> =>
  fact(
    asScopeUser(c)`
say() { printf '%s %s\n' "$1" "$2"; }
say user "$(id -un)"
say group "$(id -gn)"
${programs.map((program) => sh`say ${program} "$(command -v ${program} || :)";`)}
say path "$PATH"
say rbenv_version "\${RBENV_VERSION:-}"
say rbenv_root "\${RBENV_ROOT:-}"
for one in /bin/kill /usr/bin/kill; do if [ -x "$one" ]; then say kill "$one"; break; fi; done
say systemd "$(${c.settings.systemctlBin} --version 2>/dev/null | sed -n '1s/^systemd \([0-9]*\).*/\1/p')"
${more}
`,
    (answer) => parsed(answer, programs, parse),
  )

const parsed = <H>(
  { ok, stdout, stderr }: ProbeResult,
  programs: readonly string[],
  parse: (rows: HostRows) => H,
): HostRead<UnitHost & H> => {
  if (!ok) return { why: stderr.trim() }
  const rows = new Map<string, string>()
  for (const row of stdout.split('\n')) {
    // a value may have spaces, and so may the key of `more`, whose values have none
    const whole = ['path', 'rbenv_root', ...programs].some((key) => row.startsWith(`${key} `))
    const at = whole ? row.indexOf(' ') : row.lastIndexOf(' ')
    if (at > 0) rows.set(row.slice(0, at), row.slice(at + 1))
  }
  const valueOf = (key: string): string => rows.get(key) ?? ''
  const known: UnitHost = {
    user: valueOf('user'),
    group: valueOf('group'),
    // a shell alias or function is not a program
    programs: Object.fromEntries(programs.flatMap((program) => (valueOf(program).startsWith('/') ? [[program, valueOf(program)]] : []))),
    path: valueOf('path')
      .split(':')
      .filter((dir) => dir.startsWith('/')),
    rbenv: { version: valueOf('rbenv_version'), root: valueOf('rbenv_root') },
    kill: valueOf('kill') || '/bin/kill',
    systemd: Number(valueOf('systemd')) || undefined,
  }
  return { known: { ...known, ...parse(rows) } }
}

/** What a service's environment needs to find and run its programs: PATH, and rbenv's variables. */
export const programEnv = (
  host: Pick<UnitHost, 'path' | 'rbenv'>,
  programs: readonly (string | undefined)[],
): readonly (readonly [string, string])[] => {
  const dirs = host.path.filter((dir) => !DEFAULT.includes(dir) && !/^\/(usr\/(local\/)?games|snap\/bin)$/.test(dir))
  const away = programs.some((found) => found !== undefined && !DEFAULT.includes(found.replace(/\/[^/]*$/, '')))
  const shim = programs.some((found) => found?.includes('/shims/') === true)
  return [
    ...(away && dirs.length > 0 ? [['PATH', [...dirs, ...DEFAULT].join(':')] as const] : []),
    ...(shim && host.rbenv.version !== '' ? [['RBENV_VERSION', host.rbenv.version] as const] : []),
    ...(shim && host.rbenv.root !== '' ? [['RBENV_ROOT', host.rbenv.root] as const] : []),
  ]
}

/** The PATH that systemd gives its services (systemd.exec(5)). */
const DEFAULT: readonly string[] = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
