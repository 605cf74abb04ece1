import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { maySudo } from '../sudo/allowed.ts'
import { wronglySet } from '../rules/watching.ts'
import { installed, notInstalled, remedy, sudoRule } from './remedies.ts'
import { ask, sudoWords } from './talk.ts'
import { concerned, rolesOf, unwatchable, type Context } from './watched.ts'

/** Checks, before anything is changed, that Inspeqtor can watch the services and answers the deploying account. */
export const checkSteps = (c: Context): StepList => {
  const wrong = wronglySet(c, 'inspeqtor', {
    services: Object.keys(c.settings.services),
    why: (service) => unwatchable(c, service),
    roles: (service) => rolesOf(c, service),
  })
  if (wrong) return [wrong]
  if (!concerned(c)) return []
  if (!installed(c)) return notInstalled(c)
  const steps = [...sudoWords(c).map((words) => maySudo(c, words, sudoRule(c), words.slice(0, 3))), speaks(c)]
  return c.settings.optional ? steps.map((step) => step.allowFailure()) : steps
}

/** Asks for the status, which changes nothing. */
const speaks = (c: Context): Command =>
  sh`reply=$(${ask(c, 'status')})
case $reply in (*'Inspeqtor '*) ;; (*) printf 'what answered is not Inspeqtor: %s\n' "\${reply:-nothing}" >&2; exit 1 ;; esac`
    .title('check that Inspeqtor answers')
    .timeout('30s')
    .hint(remedy(c))
