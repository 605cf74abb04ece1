import { sh, sudoRefused } from '../../src/index.ts'
import type { Command, Finding, Recipe } from '../../src/index.ts'
import { monitFiles } from './files.ts'
import { fileFacts, same, stale } from './install.ts'
import { installed, remedy, sudoRule } from './remedies.ts'
import { ownerFact, ownerFindings } from './whose.ts'
import { unwatchable, watched, type Asking, type Context, type Watched } from './watched.ts'

/** Finds what is wrong with Monit on a host, as far as sudo allows. */
export const doctor = {
  facts: (c: Asking): Readonly<Record<string, Command>> => {
    const all = watched(c)
    if (all.length === 0) return {}
    const { monitBin, sudo } = c.settings
    const root = sudo ? sh`[ "$(id -u)" = 0 ] || set -- sudo -n;` : []
    const run = (words: readonly string[]) => sh`LC_ALL=C; export LC_ALL; set --; ${root} "$@" ${monitBin} ${words} 2>&1`.probe()
    return {
      monit: monitFact(c),
      ...ownerFact(c),
      ...fileFacts(c),
      tried: run(['-t']),
      ...Object.fromEntries(all.map(({ name }, i) => [`status${i}`, run(['-B', 'status', name])])),
      ...Object.fromEntries(
        all.flatMap(({ by: [kind, regex] }, i) => (kind === 'matching' ? [[`match${i}`, run(['procmatch', regex])]] : [])),
      ),
    }
  },
  findings: (c: Context): readonly Finding[] => {
    const all = watched(c)
    if (all.length === 0) return []
    if (!installed(c))
      return [
        {
          level: c.settings.optional ? 'warning' : 'error',
          message: 'Monit is not installed',
          remedy: `apt-get install monit, then ${c.shipit('monit:install')}`,
        },
      ]
    return [...ownerFindings(c), ...triedFindings(c), ...fileFindings(c), ...all.flatMap((one, i) => serviceFindings(c, one, i))]
  },
}

export const monitFact = ({ settings: s }: Asking): Command =>
  sh`PATH=$PATH:/usr/sbin:/sbin:/usr/local/bin; command -v ${s.monitBin}`.probe()

/** Whether the text is from sudo itself, so that Monit did not run. */
const bySudo = (text: string): boolean => /^sudo:/m.test(text)

const triedFindings = (c: Context): readonly Finding[] => {
  const { ok = true, stdout = '' } = c.facts.tried ?? {}
  if (ok || bySudo(stdout)) return []
  return [
    {
      level: 'error',
      message: `Monit cannot read its files: ${stdout.trim().split('\n')[0] ?? ''}`,
      remedy: `fix them. If shipit wrote them: ${c.shipit('monit:install')}`,
    },
  ]
}

const fileFindings = (c: Context): readonly Finding[] => {
  if (c.facts.ours?.ok !== true) return []
  const files = monitFiles(c)
  const old = stale(c, files)
  const differ = files.filter((file, i) => !same(c, file, i))
  const shows = `see it: ${c.shipit('plan', 'monit:install')}; write it: ${c.shipit('monit:install')}`
  return [
    ...differ.map(({ name }): Finding => ({
      level: 'warning',
      message: `${c.settings.confDir}/${name} is not as the config says now`,
      remedy: shows,
    })),
    ...(old.length > 0
      ? [
          {
            level: 'warning' as const,
            message: `no longer in the config: ${old.join(', ')}`,
            remedy: `remove them: ${c.shipit('monit:install')}`,
          },
        ]
      : []),
  ]
}

/** Looked up by name, as in recipes/inspeqtor/watched.ts. */
const INSPEQTOR = { name: 'inspeqtor' } as Recipe<
  'inspeqtor',
  unknown,
  { services: Readonly<Record<string, { rules: readonly { then: readonly { do: string }[] }[] }>> }
>

const serviceFindings = (c: Context, { name, service }: Watched, i: number): readonly Finding[] => {
  const { ok = false, code = 1, stdout = '' } = c.facts[`status${i}`] ?? {}
  const of = (level: Finding['level'], message: string, what: string): Finding => ({ level, message, remedy: what })
  const why = unwatchable(c, service)
  const matches = /^Total matches: (\d+)/m.exec(c.facts[`match${i}`]?.stdout ?? '')?.[1]
  const other = c.settingsOf(INSPEQTOR)?.services[service]
  const state = /^ *status +(.*)$/m.exec(stdout)?.[1] ?? ''
  const said = remedy(c)({ code, stdout, stderr: '' }) ?? 'see /var/log/monit.log'
  return [
    ...(why === undefined ? [] : [of('error', `${service}: ${why}`, 'see docs/monit.md')]),
    ...(sudoRefused(stdout) ? [of('error', `${c.layout.user} may not ask Monit of ${name} through sudo`, sudoRule(c))] : []),
    ...(!ok && !sudoRefused(stdout) ? [of('error', `Monit does not say how ${name} is: ${stdout.trim().split('\n')[0] ?? ''}`, said)] : []),
    ...(ok && state === 'Not monitored'
      ? [of('warning', `Monit does not look at ${name}`, `when no deploy is under way: ${c.shipit('monit:monitor')}`)]
      : []),
    ...(ok && !['OK', 'Running', 'Not monitored'].includes(state) ? [of('error', `Monit says of ${name}: ${state}`, said)] : []),
    ...(matches !== undefined && Number(matches) > 1
      ? [
          of(
            'warning',
            `${matches} processes match what Monit looks for as ${name}; it takes one of them`,
            'make matching narrower, or use a pidfile',
          ),
        ]
      : []),
    ...(other?.rules.some(({ then }) => then.some((action) => action.do === 'restart')) === true
      ? [of('warning', `both Monit and Inspeqtor restart ${service}`, 'let one of them only alert')]
      : []),
  ]
}
