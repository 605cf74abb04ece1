import { fail, sh } from '../../src/index.ts'
import type { Command, Finding } from '../../src/index.ts'
import { notOf } from '../foreign.ts'
import { whoseOf } from '../systemd/whose/verdict.ts'
import { within } from '../systemd/whose/within.ts'
import { markOf } from './files.ts'
import { watched, type Asking, type Context, type Watched } from './watched.ts'

/** Checks with a name of your choice. A name made of application and stage is always ours. */
const chosen = (c: Pick<Context, 'settings'>, all: readonly Watched[]): readonly Watched[] =>
  all.filter(({ service }) => c.settings.services[service]?.name !== null)

/**
 * The fact that tells whose the checks are: by the first line of the file, if it can be read; else by the working directory of the process
 * that Monit names, or by the WorkingDirectory of its unit if the process belongs to another account.
 */
export const ownerFact = (c: Asking): Readonly<Record<string, Command>> => {
  const names = chosen(c, watched(c)).map(({ name }) => name)
  if (names.length === 0) return {}
  const root = c.settings.sudo ? sh`[ "$(id -u)" = 0 ] || set -- sudo -n;` : []
  return {
    owner: sh`LC_ALL=C; export LC_ALL
${within(c.paths, false)}
for name in ${names}; do
  mark=$(sed -n 1p ${c.settings.confDir}/"$name" 2>/dev/null) || :
  printf 'Check %s\nMark %s\n' "$name" "$mark"
  set --; ${root}
  pid=$("$@" ${c.settings.monitBin} -B status "$name" 2>/dev/null | sed -n 's/^ *pid  *//p')
  [ -n "$pid" ] || continue
  if ! cwd=$(readlink "/proc/$pid/cwd" 2>/dev/null); then
    unit=$(sed -n 's#^[01]:[a-z=]*:/system[.]slice/##p' "/proc/$pid/cgroup" 2>/dev/null | sed 's#.*/##')
    case $unit in (*.service) ;; (*) continue ;; esac
    cwd=$(systemctl show -p WorkingDirectory "$unit" 2>/dev/null | sed -n 's/^WorkingDirectory=[-!]*//p')
  fi
  case $cwd in (/*) printf 'Cwd %s\n' "$(within "$cwd")" ;; esac
done`.probe(),
  }
}

/** A step that fails rather than change a check of another application; undefined if all are ours, or nothing tells whose they are. */
export const notOurs = (c: Context): Command | undefined => {
  const wrong = ownerFindings(c)
  if (wrong.length === 0) return undefined
  return fail(wrong.map(({ message }) => message))
    .title('check whose the checks of Monit are')
    .hint([...new Set(wrong.map(({ remedy }) => remedy))].join('\n'))
}

/** Findings for what {@link notOurs} refuses. */
export const ownerFindings = (c: Context): readonly Finding[] => {
  const { owner } = c.facts
  if (owner?.ok !== true) return []
  const told = new Map(
    owner.stdout.split(/^Check /m).map((block) => {
      const [name = '', ...lines] = block.split('\n')
      const of = (key: string) => lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? ''
      return [name, { mark: of('Mark'), cwd: of('Cwd') }] as const
    }),
  )
  return chosen(c, watched(c)).flatMap(({ name, service }) => {
    const { mark, cwd } = told.get(name) ?? { mark: '', cwd: '' }
    const [, other] = /^# by shipit, for (.+ \([^()]+\))$/.exec(mark) ?? []
    const whose = whoseOf(c, { mark: '', dir: '', within: '', exec: '', cwd, file: '' }, [])
    if (mark === `# ${markOf(c)}`) return []
    const why =
      other !== undefined ? `was written for ${other}` : whose.kind === 'foreign' ? `watches a process that ${whose.whose}` : undefined
    if (why === undefined) return []
    return [
      {
        level: 'error' as const,
        message: notOf(c, `the check ${name} of Monit`, why),
        remedy: `leave \`name\` out of the service ${service}, so that it is called ${service}_${c.application}_${c.stage}; then ${c.shipit('monit:install')}`,
      },
    ]
  })
}
