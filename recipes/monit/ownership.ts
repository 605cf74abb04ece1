import { fact, sh } from '../../src/index.ts'
import type { Fact, Finding, ProbeResult, StepsContext } from '../../src/index.ts'
import { deployFolder, foreignMessage, isSameStage, parseHeader, throughSudo } from '../../src/kit/index.ts'
import { judgeOwnership, withinFunction } from '../systemd/services.ts'
import { watchedServices, type Here } from './services.ts'

/** What a host knows about the owner of a check; '' if it knows nothing. */
export interface Evidence {
  /** the first line of its file */
  readonly header: string
  /** the folder of its process, as `within` prints it */
  readonly cwd: string
}

/**
 * The fact that shows who owns these checks: by the first line of the file, if it can be read; else by the working directory of the process
 * that Monit names, or by the WorkingDirectory of its unit if the process belongs to another account.
 */
export const ownerFact = (c: Here): Fact<ReadonlyMap<string, Evidence> | undefined> | undefined => {
  const names = watchedServices(c).map(({ name }) => name)
  if (names.length === 0) return undefined
  const command = sh`LC_ALL=C; export LC_ALL
${withinFunction(c.paths, false)}
for name in ${names}; do
  header=$(sed -n 1p ${c.settings.confDir}/"$name" 2>/dev/null) || :
  printf 'Check %s\nHeader %s\n' "$name" "$header"
  set --; ${throughSudo(c.settings.sudo)}
  pid=$("$@" ${c.settings.monitBin} -B status "$name" 2>/dev/null | sed -n 's/^ *pid  *//p')
  [ -n "$pid" ] || continue
  if ! cwd=$(readlink "/proc/$pid/cwd" 2>/dev/null); then
    unit=$(sed -n 's#^[01]:[a-z=]*:/system[.]slice/##p' "/proc/$pid/cgroup" 2>/dev/null | sed 's#.*/##')
    case $unit in (*.service) ;; (*) continue ;; esac
    cwd=$(systemctl show -p WorkingDirectory "$unit" 2>/dev/null | sed -n 's/^WorkingDirectory=[-!]*//p')
  fi
  case $cwd in (/*) printf 'Cwd %s\n' "$(within "$cwd")" ;; esac
done`
  return fact(command, parseEvidence)
}

const parseEvidence = ({ ok, stdout }: ProbeResult): ReadonlyMap<string, Evidence> | undefined =>
  ok ? new Map(stdout.split(/^Check /m).map(evidenceOf)) : undefined

const evidenceOf = (block: string): readonly [string, Evidence] => {
  const [name = '', ...lines] = block.split('\n')
  const valueOf = (key: string) => lines.find((line) => line.startsWith(`${key} `))?.slice(key.length + 1) ?? ''
  return [name, { header: valueOf('Header'), cwd: valueOf('Cwd') }]
}

type Context = Here &
  Pick<StepsContext, 'layout' | 'shipit'> & { readonly facts: { readonly owner?: ReadonlyMap<string, Evidence> | undefined } }

/** Errors for checks that belong to another application. None if nothing shows whose they are. */
export const ownerFindings = (c: Context): readonly Finding[] => {
  const { owner } = c.facts
  if (owner === undefined) return []
  return watchedServices(c).flatMap(({ name, service, settings }) => {
    const reason = foreignReason(c, owner.get(name) ?? { header: '', cwd: '' })
    if (reason === undefined) return []
    const remedy =
      settings.name === null
        ? `another deployment has the same application and stage: give the service ${service} a \`name\` of its own`
        : `leave \`name\` out of the service ${service}, so that it is called ${service}_${c.application}_${c.stage}`
    return [
      {
        level: 'error' as const,
        message: foreignMessage(c, `the check ${name} of Monit`, reason),
        remedy: `${remedy}; then ${c.shipit('monit:install')}`,
      },
    ]
  })
}

/** Why a check is not ours; undefined if it is, or if that is not known. */
const foreignReason = (c: Context, { header, cwd }: Evidence): string | undefined => {
  const writer = parseHeader(header)
  if (writer === undefined) {
    const verdict = judgeOwnership(c, { header: '', dir: '', within: '', exec: '', cwd, file: '' }, [])
    return verdict.kind === 'foreign' ? `watches a process that ${verdict.why}` : undefined
  }
  if (!isSameStage(c, writer)) return `was written for ${writer.application} (${writer.stage})`
  return writer.of === undefined || writer.of.deployTo === deployFolder(c) ? undefined : `was written for ${writer.of.deployTo}`
}
