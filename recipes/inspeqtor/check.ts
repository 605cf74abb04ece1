import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { installed, notInstalled, remedy, sudoRule } from './remedies.ts'
import { ask, sudoWords } from './talk.ts'
import { concerned, rolesOf, unwatchable, type Context } from './watched.ts'

/** Before anything is touched: what is to be watched can be, and Inspeqtor listens to who deploys. */
export const checkSteps = (c: Context): StepList => {
  const first = c.hosts('all')[0]?.name === c.host.name
  const wrong = first ? problems(c) : []
  if (wrong.length > 0)
    return [
      sh`printf '%s\n' ${wrong.map((one) => `inspeqtor: ${one}`)} >&2; exit 1`
        .title('look at what is to be watched')
        .hint('see docs/inspeqtor.md, Settings'),
    ]
  if (!concerned(c)) return []
  if (!installed(c)) return notInstalled(c)
  const steps = [...sudoWords(c).map((words) => maySudo(c, words)), speaks(c)]
  return c.settings.optional ? steps.map((step) => step.allowFailure()) : steps
}

const maySudo = (c: Context, words: readonly string[]): Command =>
  sh`sudo -n -l ${words}`.title(`check that sudo allows ${words.slice(0, 3).join(' ')}`).hint(sudoRule(c))

/** A question that changes nothing. */
const speaks = (c: Context): Command =>
  sh`reply=$(${ask(c, 'status')})
case $reply in (*'Inspeqtor '*) ;; (*) printf 'this is no answer of Inspeqtor: %s\n' "\${reply:-nothing}" >&2; exit 1 ;; esac`
    .title('check that Inspeqtor answers')
    .timeout('30s')
    .hint(remedy(c))

/** What holds for the stage as a whole: told once. */
const problems = (c: Context): readonly string[] =>
  Object.keys(c.settings.services).flatMap((service) => {
    const why = unwatchable(c, service)
    const roles = rolesOf(c, service)
    const nobody = roles !== null && roles.length > 0 && c.primary({ roles }) === undefined
    return [
      ...(why === undefined ? [] : [`${service}: ${why}`]),
      ...(nobody ? [`${service}: no server of ${c.stage} has the role ${roles.join(' or ')}`] : []),
    ]
  })
