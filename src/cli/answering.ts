import { answerWith, recordAnswer, settleAnswers, unaskedAnswers, type Answering } from '../config/answers.ts'
import { collectEnvErrors, questionsOf } from '../config/env-issues.ts'
import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import type { Options } from './global-options.ts'
import { canAsk } from './read-line.ts'

/**
 * Notes the answers of the command line, and whether a person can be asked. `asks`: whether this command asks at all. Returns whether it
 * will.
 */
export const prepareAnswers = ({ answer, yes }: Pick<Options, 'answer' | 'yes'>, asks: boolean): boolean => {
  const mode: Answering = asks && !yes && canAsk() ? 'person' : 'defaults'
  answerWith(mode, new Map(answer.map(pairOf)))
  return mode === 'person'
}

const pairOf = (typed: string): [name: string, value: string] => {
  const [, name, value] = /^([\w.-]+)=(.*)$/s.exec(typed) ?? []
  // whatever it is, it may be a secret
  if (name === undefined) throw usageError('--answer takes NAME=VALUE', { hint: 'for example --answer branch=main' })
  return [name, value!]
}

/**
 * Evaluates, asks what the evaluation needs and nobody has answered, and evaluates again, until it has everything. What nothing
 * seemed to need has its default then. If nobody can be asked, throws the error that names what is missing.
 */
export const askingFor = async <T>(asks: boolean, evaluate: () => Promise<T>): Promise<T> => {
  const answered = new Set<string>()
  for (;;) {
    try {
      const result = await evaluate()
      return settleAnswers() ? await evaluate() : result
    } catch (error) {
      const questions = asks ? questionsOf(error).filter(({ name }) => !answered.has(name)) : []
      if (questions.length === 0) throw error
      const { askPerson } = await import('./questions.ts')
      for (const question of questions) {
        recordAnswer(question, await askPerson(question))
        answered.add(question.name)
      }
    }
  }
}

/** Evaluates settings, with answers of the command line, of a person, or the defaults for what they ask. Missing variables are one error. */
export const withAnswers = <T>(options: Pick<Options, 'answer' | 'yes'>, evaluate: () => Promise<T>): Promise<T> => {
  const asks = prepareAnswers(options, true)
  return askingFor(asks, () => collectEnvErrors(evaluate))
}

/** Throws (usage) for an answer that no question is for. Code may ask anything: then they are not known. */
export const refuseUnaskedAnswers = (): void => {
  const { unasked, questions } = unaskedAnswers()
  const [first] = unasked
  if (first === undefined) return
  throw usageError(`--answer ${first}=…: nothing asks for ${first}${didYouMean(first, questions)}`, {
    hint: questions.length === 0 ? 'leave it out' : `the config asks for ${questions.join(', ')}`,
  })
}
