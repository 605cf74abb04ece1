import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { maySudo } from '../sudo/allowed.ts'
import { wronglySet } from '../rules/watching.ts'
import { installed, monit, notInstalled, remedy, sudoRule, sudoWords } from './remedies.ts'
import { notOurs } from './whose.ts'
import { rolesOf, unwatchable, watched, type Context } from './watched.ts'

/** Checks, before anything is changed, that Monit can watch the services and answers the deploying account. */
export const checkSteps = (c: Context): StepList => {
  const wrong = wronglySet(c, 'monit', {
    services: Object.keys(c.settings.services),
    why: (service) => unwatchable(c, service),
    roles: (service) => rolesOf(c, service),
  })
  if (wrong) return [wrong]
  const all = watched(c)
  if (all.length === 0) return []
  if (!installed(c)) return notInstalled(c)
  const foreign = notOurs(c)
  if (foreign) return [foreign]
  const steps = [...sudoWords(c).map((words) => maySudo(c, words, sudoRule(c))), ...all.map(({ name }) => speaks(c, name))]
  return c.settings.optional ? steps.map((step) => step.allowFailure()) : steps
}

/** A service that Monit does not know yet does not stop a deploy. */
const speaks = (c: Context, name: string): Command =>
  sh`LC_ALL=C; export LC_ALL
said=$(${monit(c)} -B status ${name} 2>&1) || {
  printf '%s\n' "$said" >&2
  case $said in (*'not found'*) exit ${UNKNOWN} ;; (*) exit 1 ;; esac
}`
    .title(`check that Monit knows ${name}`)
    .allowFailure({ codes: [UNKNOWN] })
    .hint(remedy(c))

const UNKNOWN = 9
