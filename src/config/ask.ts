import type { StageContext } from '../settings/types.ts'
import { makeQuestion, type QuestionOptions, type SecretQuestionOptions } from '../values/question.ts'
import { deferred, secret } from '../values/secret.ts'
import type { Secret } from '../values/secret.ts'
import { answerOf, noteQuestion, settingAnswer } from './answers.ts'
import { noteMissingVariables, requireAnswer } from './env-issues.ts'

export type AskOptions<T extends string = string> = Omit<QuestionOptions<T>, 'default'> & {
  /** Taken if the person types nothing, and if nobody can be asked. A function computes it from the stage. */
  readonly default?: NoInfer<T> | ((c: StageContext) => NoInfer<T>)
}

/** A setting that is asked for. */
export type Asked<T extends string = string> = ((c: StageContext) => T) & { readonly __asked: true }

const asked = new WeakSet<object>()
export const isAsked = (value: unknown): value is Asked => typeof value === 'function' && asked.has(value)

/**
 * A setting that is asked for at the terminal: once, before anything connects, and only if what runs needs it. Without a terminal, and with
 * `--yes`, the default is taken; `--answer NAME=VALUE` answers in any case. Questions of one name have one answer. Throws TypeError for a
 * name that cannot be typed.
 */
export const ask = <const T extends string = string>(name: string, o: AskOptions<T> = {}): Asked<T> => {
  const { default: preset, ...options } = o
  const question = makeQuestion('ask()', name, options)
  noteQuestion(question)
  const setting = (c: StageContext): T => {
    const value = typeof preset === 'function' ? preset(c) : preset
    const whole = value === undefined ? question : { ...question, default: value }
    return (settingAnswer(whole) ?? requireAnswer(whole)) as T
  }
  asked.add(setting)
  return setting as Asked<T>
}

/** The same for a secret, which is not shown as it is typed: usable in commands, never printed. It has no default. */
export const askSecret = (name: string, o: SecretQuestionOptions = {}): Secret => {
  const question = makeQuestion('askSecret()', name, o, true)
  noteQuestion(question)
  noteMissingVariables()
  return deferred(() => {
    const answer = answerOf(question)
    if (answer === undefined) return requireAnswer(question)
    // from now on it is masked
    secret(answer)
    return answer
  })
}
