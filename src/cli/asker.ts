import { answerOf, recordAnswer } from '../config/answers.ts'
import { lendTerminal } from '../output/lent-terminal.ts'
import type { Asker } from '../run/asker.ts'
import type { Stage } from '../tasks/stage.ts'
import type { Host } from '../inventory/types.ts'
import { EXIT, ShipitError, usageError } from '../values/errors.ts'
import { hostNames } from '../values/host-names.ts'
import type { Question } from '../values/question.ts'
import type { Options } from './global-options.ts'
import { canAsk } from './read-line.ts'

/** What answers the questions of tasks during a run. Renderers make room for a question, and show afterwards what happened meanwhile. */
export const createAsker = ({ yes }: Pick<Options, 'yes'>, signal: AbortSignal): Asker => ({
  ask: async (question) => {
    const known = answerOf(question)
    if (known !== undefined) return known
    if (yes || !canAsk()) throw unanswered(question)
    const { askPerson } = await import('./questions.ts')
    const answer = await lendTerminal(() => askPerson(question, signal))
    recordAnswer(question, answer)
    return answer
  },
  confirm: async (message, word) => {
    if (yes) return true
    if (!canAsk())
      throw usageError(`shipit cannot ask, because there is no terminal: ${message}`, { hint: 'to say yes without one, add --yes' })
    const { askYes } = await import('./questions.ts')
    return lendTerminal(() => askYes(message, word, signal))
  },
})

const unanswered = ({ name, message }: Question): ShipitError =>
  usageError(`there is no answer for: ${name}${message === name ? '' : ` (${message})`}`, { hint: `answer with --answer ${name}=…` })

interface Confirmed {
  readonly stage: Stage
  readonly hosts: readonly Host[]
  readonly tasks: readonly string[]
}

/** Has the name of the stage typed before a run that changes releases. Throws if nobody can type it, or something else was typed. */
export const confirmStage = async ({ stage, hosts, tasks }: Confirmed, { yes }: Pick<Options, 'yes'>): Promise<void> => {
  if (yes) return
  const { name } = stage
  if (!canAsk()) throw usageError(`${name} asks for a confirmation, and there is no terminal`, { hint: stage.shipit(...tasks, '--yes') })
  const { askYes } = await import('./questions.ts')
  const names = hosts.map((host) => host.name)
  const where = hostNames(names, { most: MOST, longer: 'first' })
  if (await askYes(`The stage ${name} asks for a confirmation before ${tasks.join(' ')} on ${where}.`, name)) return
  throw new ShipitError(`nothing was done: ${name} was not typed`, { exit: EXIT.failed, hint: 'to go on without the question, add --yes' })
}

const MOST = 8
