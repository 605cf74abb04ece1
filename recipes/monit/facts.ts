import { fact, sh } from '../../src/index.ts'
import type { Command, FactsContext, FactValues, StepsContext } from '../../src/index.ts'
import { type SudoCall, throughSudo } from '../../src/kit/index.ts'
import { fileFacts, programFact, sudoFactsFor } from '../rules/index.ts'
import { monitFiles } from './files.ts'
import { ownerFact } from './ownership.ts'
import { watchedServices, type Here } from './services.ts'
import type { Settings } from './settings.ts'

type Asking = FactsContext<Settings>
type Facts = Partial<ReturnType<typeof allFacts>>
/** `facts` has what {@link facts} and {@link doctorFacts} found. */
export type Context = StepsContext<Settings, Record<string, unknown>, FactValues<Facts>>

/** What the tasks of a run need to know about a host's Monit. */
export const facts = (c: Asking): Facts | false => {
  const writes = c.runs('monit:install') || c.runs('monit:uninstall')
  if (watchedServices(c).length === 0 && !writes) return false
  const { program, owner, rights, sudo, files, ours } = allFacts(c)
  return { program, owner, ...(c.runs('monit:check') && { rights, sudo }), ...(writes && { files, ours }) }
}

/** What the doctor needs to know, as far as sudo allows it to ask. */
export const doctorFacts = (c: Asking): Facts | false => watchedServices(c).length > 0 && allFacts(c, !c.settings.defaultHooks)

const allFacts = (c: Asking, optional = false) => {
  const { confDir, monitBin, sudo } = c.settings
  const watched = watchedServices(c)
  return {
    program: programFact(monitBin, '/usr/sbin:/sbin:/usr/local/bin'),
    owner: ownerFact(c),
    ...sudoFactsFor(c, deployCalls(c), optional),
    // only root may read the files
    ...fileFacts({ folder: confDir, files: monitFiles(c), sudo }, (path) => sh`set --; ${throughSudo(sudo)} "$@" cat ${path}`),
    /** why Monit cannot read its files; null: it can. Undefined also if sudo did not allow the test */
    unreadable: fact(output(c, ['-t']), ({ ok, stdout }) => (ok ? null : /^sudo:/m.test(stdout) ? undefined : firstLine(stdout))),
    /** `state`: such as `OK` or `Not monitored`; '' if Monit named none */
    statuses: watched.map(({ name }) =>
      fact(output(c, ['-B', 'status', name]), (answer) => ({ name, state: /^ *status +(.*)$/m.exec(answer.stdout)?.[1] ?? '', answer })),
    ),
    /** how many processes match what Monit looks for; undefined: it did not report that */
    matches: watched.flatMap(({ name, by: [kind, regex] }) =>
      kind === 'matching' ? [fact(output(c, ['procmatch', regex]), ({ stdout }) => ({ name, count: matchesIn(stdout) }))] : [],
    ),
  }
}

/** The calls of a deploy through sudo. */
export const deployCalls = (c: Here): readonly SudoCall[] =>
  watchedServices(c).flatMap(({ name }) =>
    [
      ['unmonitor', name],
      ['monitor', name],
      ['-B', 'status', name],
    ].map((words) => ({ words: [c.settings.monitBin, ...words] })),
  )

/** What Monit prints, stderr included. */
const output = ({ settings: s }: Here, words: readonly string[]): Command =>
  sh`LC_ALL=C; export LC_ALL; set --; ${throughSudo(s.sudo)} "$@" ${s.monitBin} ${words} 2>&1`

const matchesIn = (text: string): number | undefined => {
  const [, count] = /^Total matches: (\d+)/m.exec(text) ?? []
  return count === undefined ? undefined : Number(count)
}

export const firstLine = (text: string): string => text.trim().split('\n')[0] ?? ''
