import { sh, sudoRefused } from '../../src/index.ts'
import type { Command, Finding, Recipe } from '../../src/index.ts'
import { inqFiles } from './files.ts'
import { fileFacts, same, stale } from './install.ts'
import { GET, installed, remedy, sudoRule } from './remedies.ts'
import { sudoWords, toolFact } from './talk.ts'
import { processesFact, wrapped } from './wrapped.ts'
import { concerned, unwatchable, watched, type Asking, type Context, type Watched } from './watched.ts'

/** Finds what is wrong with Inspeqtor on a host. Changes nothing, and runs only what any account may run or sudo allows. */
export const doctor = {
  facts: (c: Asking): Readonly<Record<string, Command>> => {
    if (!concerned(c)) return {}
    const { socket, dir, inspeqtorBin, sudo } = c.settings
    return {
      inspeqtor: sh`PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin; command -v ${inspeqtorBin}`.probe(),
      tool: toolFact(c),
      ...fileFacts(c),
      tried: sh`LC_ALL=C ${sudo ? ['sudo', '-n'] : []} ${inspeqtorBin} -c ${dir} -tc 2>&1`.probe(),
      status: statusFact(c, sudo, socket),
      runs: processesFact(c),
    }
  },
  findings: (c: Context): readonly Finding[] => {
    if (!concerned(c)) return []
    const level = c.settings.optional ? 'warning' : 'error'
    if (!installed(c))
      return [{ level, message: 'Inspeqtor is not installed', remedy: `install it (${GET}), then ${c.shipit('inspeqtor:install')}` }]
    return [
      ...triedFindings(c),
      ...fileFindings(c),
      ...statusFindings(c, level),
      ...wrapped(c).map((one): Finding => ({ level: 'warning', ...one })),
      ...watched(c).flatMap((one) => serviceFindings(c, one)),
    ]
  },
}

/** Uses whichever client the host has, through sudo if the settings say so. */
const statusFact = (c: Asking, sudo: boolean, socket: string): Command => {
  const root = sudo ? sh`[ "$(id -u)" = 0 ] || set -- sudo -n;` : []
  return sh`
set --
${root}
if nc -h 2>&1 | grep -q -e -U; then
  if command -v ${c.settings.inspeqtorctlBin} >/dev/null && [ ${socket} = /var/run/inspeqtor.sock ]; then "$@" ${c.settings.inspeqtorctlBin} status
  else echo status | "$@" nc -U ${socket}; fi
else
  echo 'no nc -U' >&2; exit 3
fi`.probe()
}

const triedFindings = (c: Context): readonly Finding[] => {
  const { ok = true, stdout = '' } = c.facts.tried ?? {}
  if (/^sudo:/m.test(stdout)) return []
  const said = stdout.split('\n').filter((line) => /Unable to parse|No such alert route|[Ee]rror/.test(line))
  if (ok && !said.some((line) => line.includes('Unable to parse'))) return []
  return [
    {
      level: 'error',
      message: `Inspeqtor cannot read its files: ${said.join('; ').trim() || stdout.trim().split('\n').at(-1) || 'no reason given'}`,
      remedy: `fix them, since it ignores what it cannot read. If shipit wrote them: ${c.shipit('inspeqtor:install')}`,
    },
  ]
}

const fileFindings = (c: Context): readonly Finding[] => {
  const files = inqFiles(c)
  const old = stale(c, files)
  const remedyOf = `see it: ${c.shipit('plan', 'inspeqtor:install')}; write it: ${c.shipit('inspeqtor:install')}`
  return [
    ...files.flatMap((file, i): Finding[] =>
      same(c, file, i)
        ? []
        : [
            {
              level: c.facts[`file${i}`]?.ok === true ? 'warning' : 'error',
              message: `${file.path} is ${c.facts[`file${i}`]?.ok === true ? 'not as the config says now' : 'not there, or cannot be read'}`,
              remedy: remedyOf,
            },
          ],
    ),
    ...(old.length > 0
      ? [
          {
            level: 'warning' as const,
            message: `no longer in the config: ${old.join(', ')}`,
            remedy: `remove them: ${c.shipit('inspeqtor:install')}`,
          },
        ]
      : []),
  ]
}

const statusFindings = (c: Context, level: Finding['level']): readonly Finding[] => {
  const { ok = false, code = 1, stdout = '', stderr = '' } = c.facts.status ?? {}
  if (code === 3 && stderr.includes('no nc -U')) return []
  if (!ok || !stdout.includes('Inspeqtor ')) {
    const refused = sudoRefused(stderr)
    return [
      {
        level,
        message: refused
          ? `${c.layout.user} may not run ${sudoWords(c)[0]?.join(' ')} through sudo`
          : `Inspeqtor does not answer on ${c.settings.socket}`,
        remedy: refused ? sudoRule(c) : remedy(c)({ code, stdout, stderr: stderr || 'No such file' }),
      },
    ]
  }
  const until = /^Silenced until: (\S+)/m.exec(stdout)?.[1]
  return [
    ...(until === undefined ? [] : [silenced(c, until)]),
    ...watched(c).flatMap(({ name }): Finding[] => {
      const line = stdout.split('\n').find((one) => one.includes(`Service: ${name} [`))
      if (line === undefined)
        return [
          {
            level: 'error',
            message: `Inspeqtor does not know ${name}`,
            remedy: `is the unit installed and enabled? Then ${c.shipit('inspeqtor:install')}`,
          },
        ]
      return line.includes('[Up/')
        ? []
        : [{ level: 'error', message: `Inspeqtor sees ${name} down`, remedy: 'start it: Inspeqtor never starts what is dead' }]
    }),
  ]
}

/** If a deploy is under way, the core reports its lock. */
const silenced = (c: Context, until: string): Finding => ({
  level: 'warning',
  message: `Inspeqtor is silent until ${until}`,
  remedy: `when no deploy is under way: ${c.shipit('inspeqtor:unsilence')}`,
})

/** Looked up by name, as in `watched.ts`. */
const MONIT = { name: 'monit' } as Recipe<
  'monit',
  unknown,
  { services: Readonly<Record<string, { rules: readonly { then: readonly { do: string }[] }[] }>> }
>

const serviceFindings = (c: Context, { service, rules }: Watched): readonly Finding[] => {
  const why = unwatchable(c, service)
  const restarts = rules.some(({ then }) => then.some((action) => action.do === 'restart'))
  const other = c.settingsOf(MONIT)?.services[service]
  return [
    ...(why === undefined ? [] : [{ level: 'error' as const, message: `${service}: ${why}`, remedy: 'see docs/inspeqtor.md' }]),
    ...(restarts && other !== undefined
      ? [{ level: 'warning' as const, message: `both Inspeqtor and Monit restart ${service}`, remedy: 'let one of them only alert' }]
      : []),
  ]
}
