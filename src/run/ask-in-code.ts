import type { Questions } from '../tasks/questions.ts'
import { ShipitError, usageError } from '../values/errors.ts'
import { makeQuestion, type QuestionOptions } from '../values/question.ts'
import { refuseSecret, secret } from '../values/secret.ts'
import type { Asker } from './asker.ts'
import type { RunState } from './state.ts'

/** The questions of a `run` task. `busy`: counts what the code waits for. */
export const askInCode = ({ asker }: RunState, busy: { commands: number }): Questions => {
  const waiting = async <T>(what: string, ask: (asker: Asker) => Promise<T>): Promise<T> => {
    if (!asker)
      throw usageError(`shipit cannot ask, because there is no terminal: ${what}`, {
        hint: 'answer with --answer NAME=VALUE, or with --yes',
      })
    busy.commands++
    try {
      return await ask(asker)
    } finally {
      busy.commands--
    }
  }
  return {
    ask: async <T extends string>(name: string, o: QuestionOptions<T> = {}) => {
      const question = makeQuestion('ask()', name, o)
      return (await waiting(name, (one) => one.ask(question))) as T
    },
    askSecret: async (name, o = {}) => {
      const question = makeQuestion('askSecret()', name, o, true)
      return secret(await waiting(name, (one) => one.ask(question)))
    },
    confirm: async (message, { type } = {}) => {
      refuseSecret('confirm()', message)
      if (!(await waiting(message, (one) => one.confirm(message, type)))) throw new ShipitError(`not confirmed: ${message}`)
    },
  }
}
