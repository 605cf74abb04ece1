import { usageError } from '../values/errors.ts'
import type { Question } from '../values/question.ts'
import { isSecret, secret } from '../values/secret.ts'

/** Who answers: `person`: somebody can be asked; `defaults`: nobody can; `stand-ins`: nothing runs, so any value will do. */
export type Answering = 'person' | 'defaults' | 'stand-ins'

interface Answers {
  readonly mode: Answering
  /** `open`: settings are asked for; `left`: so they are, and one with a default was read without an answer; `settled`: no longer */
  readonly settings: 'open' | 'left' | 'settled'
  /** by name: `--answer`, and what was asked */
  readonly known: Map<string, string>
}
// commands that run something say otherwise
let answers: Answers = { mode: 'stand-ins', known: new Map(), settings: 'open' }
/** the names of all questions of the config, and whether one of that name asks for a secret */
const asked = new Map<string, boolean>()

/** Sets who answers from now on, and the answers of the command line. */
export const answerWith = (mode: Answering, given: ReadonlyMap<string, string> = new Map()): void => {
  answers = { mode, known: new Map(given), settings: 'open' }
}

/**
 * Ends the asking for settings: those that nobody was asked for, because nothing seemed to need them, have their defaults from now on.
 * Returns whether there are any.
 */
export const settleAnswers = (): boolean => {
  const { settings } = answers
  answers = { ...answers, settings: 'settled' }
  return settings === 'left'
}

export const recordAnswer = ({ name, secret: hidden }: Question, answer: string): void => {
  if (hidden) secret(answer)
  answers.known.set(name, answer)
}

export const noteQuestion = ({ name, secret }: Question): void => void asked.set(name, secret || asked.get(name) === true)

/** Whether an answer of the command line, `NAME=VALUE`, is no secret: a question of the config asks for it. Code may ask for anything. */
export const mayBeShown = (answer: string): boolean => asked.get(answer.slice(0, answer.indexOf('='))) === false

/** The answers of the command line that no question of the config is for, and those questions. */
export const unaskedAnswers = (): { readonly unasked: readonly string[]; readonly questions: readonly string[] } => ({
  unasked: [...answers.known.keys()].filter((name) => !asked.has(name)),
  questions: [...asked.keys()],
})

/** The answer, as far as it is known without asking; undefined if a person has to be asked. Throws (usage) for one that is not valid. */
export const answerOf = (question: Question): string | undefined => {
  const { mode, known } = answers
  const given = known.get(question.name)
  if (given !== undefined) return checkedAnswer(question, given)
  if (mode === 'stand-ins') return question.default ?? question.choices?.[0] ?? `${ASKED_FOR}${question.name})`
  return mode === 'defaults' && question.unattended !== 'fail' ? question.default : undefined
}

const ASKED_FOR = '(asked for: '

/** Whether a value is made of something that stands in for an answer: what is wrong with it says nothing about the answer. */
export const isStandIn = (value: unknown): boolean => {
  if (answers.mode !== 'stand-ins') return false
  if (typeof value === 'string') return value.includes(ASKED_FOR)
  const isPlain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype && !isSecret(value)
  return (Array.isArray(value) || isPlain) && Object.values(value as object).some(isStandIn)
}

/** The answer to the question of a setting. Undefined: a person has to be asked, or nobody can answer. */
export const settingAnswer = (question: Question): string | undefined => {
  const known = answerOf(question)
  if (known !== undefined || question.default === undefined || question.unattended === 'fail') return known
  if (answers.settings === 'settled') return question.default
  answers = { ...answers, settings: 'left' }
  return undefined
}

const checkedAnswer = (question: Question, answer: string): string => {
  const why = whyNot(question, answer)
  if (why === undefined) return answer
  // the value may be a secret
  throw usageError(`--answer ${question.name}=…: ${why}`, { hint: question.message })
}

/** Why this is no answer; undefined if it is one. */
export const whyNot = ({ choices, validate, secret: hidden }: Question, answer: string): string | undefined => {
  if (answer === '' && (hidden || choices)) return 'it is empty'
  if (choices && !choices.includes(answer)) return `it must be one of ${choices.join(', ')}`
  const valid: unknown = validate?.(answer) ?? true
  return valid === true ? undefined : typeof valid === 'string' ? valid : 'it is not valid'
}
