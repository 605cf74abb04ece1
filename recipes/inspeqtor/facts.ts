import { fact, sh } from '../../src/index.ts'
import type { Fact, FactsContext, FactValues, ProbeResult, StepsContext } from '../../src/index.ts'
import { throughSudo } from '../../src/kit/index.ts'
import { fileFacts, programFact, sudoFactsFor } from '../rules/index.ts'
import { clientFact, possibleCalls } from './control-socket.ts'
import { inqFiles } from './files.ts'
import { watchesHost } from './services.ts'
import type { Settings } from './settings.ts'
import { mainProcessFact } from './wrapper-check.ts'

type Asking = FactsContext<Settings>
type Facts = Partial<ReturnType<typeof allFacts>>
/** `facts` has what {@link facts} and {@link doctorFacts} found. */
export type Context = StepsContext<Settings, Record<string, unknown>, FactValues<Facts>>

/** What the tasks of a run need to know about a host's Inspeqtor. */
export const facts = (c: Asking): Facts | false => {
  if (!watchesHost(c)) return false
  const { program, client, rights, sudo, files, ours, mainProcesses } = allFacts(c)
  const writes = c.runs('inspeqtor:install') || c.runs('inspeqtor:uninstall')
  return { program, client, ...(c.runs('inspeqtor:check') && { rights, sudo }), ...(writes && { files, ours, mainProcesses }) }
}

/** What the doctor needs to know, by commands that any account may run or sudo allows. */
export const doctorFacts = (c: Asking): Facts | false => watchesHost(c) && allFacts(c, !c.settings.defaultHooks)

const allFacts = (c: Asking, optional = false) => {
  const { dir, inspeqtorBin, sudo } = c.settings
  return {
    program: programFact(inspeqtorBin, '/usr/sbin:/sbin:/usr/local/sbin'),
    client: clientFact(c),
    ...sudoFactsFor(c, possibleCalls(c), optional),
    ...fileFacts({ folder: `${dir}/services.d`, files: inqFiles(c), sudo }, (path) => sh`cat ${path}`),
    /** why Inspeqtor cannot read its files; null: it can. Undefined also if sudo did not allow the test */
    unreadable: fact(sh`LC_ALL=C ${sudo ? ['sudo', '-n'] : []} ${inspeqtorBin} -c ${dir} -tc 2>&1`, parseTest),
    status: statusFact(c),
    mainProcesses: mainProcessFact(c),
  }
}

/** Its exit code is 0 even if Inspeqtor ignores a file. */
const parseTest = ({ ok, stdout }: ProbeResult): string | null | undefined => {
  if (/^sudo:/m.test(stdout)) return undefined
  const errors = stdout.split('\n').filter((line) => /Unable to parse|No such alert route|[Ee]rror/.test(line))
  if (ok && !errors.some((line) => line.includes('Unable to parse'))) return null
  return errors.join('; ').trim() || stdout.trim().split('\n').at(-1) || 'no reason given'
}

/** What Inspeqtor reports about itself; `failed`: what came instead. */
type Answer = { readonly status: Status; readonly failed?: undefined } | { readonly status?: undefined; readonly failed: ProbeResult }
interface Status {
  /** until when its alerts are silenced; undefined: they are not */
  readonly silencedUntil: string | undefined
  /** the services that it knows, by their names in the init system */
  readonly services: readonly { readonly name: string; readonly up: boolean }[]
}

/** Exit code if the host has no client. */
const NO_CLIENT = 3

/** The fact with Inspeqtor's status, by whichever client the host has; undefined: it has none. */
const statusFact = ({ settings: { inspeqtorctlBin, socket, sudo } }: Asking): Fact<Answer | undefined> => {
  const command = sh`
set --
${throughSudo(sudo)}
if nc -h 2>&1 | grep -q -e -U; then
  if command -v ${inspeqtorctlBin} >/dev/null && [ ${socket} = /var/run/inspeqtor.sock ]; then "$@" ${inspeqtorctlBin} status
  else echo status | "$@" nc -U ${socket}; fi
else
  echo 'no nc -U' >&2; exit ${NO_CLIENT}
fi`
  return fact(command, (answer) => {
    if (answer.code === NO_CLIENT && answer.stderr.includes('no nc -U')) return undefined
    return answer.ok && answer.stdout.includes('Inspeqtor ') ? { status: parseStatus(answer.stdout) } : { failed: answer }
  })
}

/** Parses lines such as `Service: sidekiq [Up/22745]`. */
const parseStatus = (text: string): Status => ({
  silencedUntil: /^Silenced until: (\S+)/m.exec(text)?.[1],
  services: Array.from(text.matchAll(/Service: (.+) \[(.*)/g), ([, name, state]) => ({ name: name!, up: state!.startsWith('Up/') })),
})
