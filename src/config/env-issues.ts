import { AsyncLocalStorage } from 'node:async_hooks'
import { ShipitError, usageError } from '../values/errors.ts'
import type { Question } from '../values/question.ts'
import { isPromise } from '../values/promise.ts'
import { deferred } from '../values/secret.ts'
import type { Secret } from '../values/secret.ts'

/** The missing and invalid environment variables of one evaluation. */
interface EnvIssues {
  /** what needs the variables, if that is known */
  readonly needer?: string | undefined
  /** by name: how many places read it while it was not set */
  readonly missing: Map<string, number>
  readonly wrong: Map<string, string>
  /** by name, in the order they were read: what read it, and for what, if that is known */
  readonly readings: Map<string, Reading>
  /** by name: questions that nobody has answered yet */
  readonly questions: Map<string, Question>
}
interface Reading {
  readonly reader: string
  readonly needers: Set<string>
}
const noIssues = (): EnvIssues => ({ missing: new Map(), wrong: new Map(), readings: new Map(), questions: new Map() })
const hasIssues = ({ missing, wrong, questions }: EnvIssues): boolean => missing.size + wrong.size + questions.size > 0

let collecting: EnvIssues | undefined
/** for one setting, whose code may be asynchronous */
const ofSetting = new AsyncLocalStorage<EnvIssues>()
const collector = (): EnvIssues | undefined => ofSetting.getStore() ?? collecting

let anyMissing = false
/** Whether any variable was missing that nothing has needed yet. */
export const hasMissingVariables = (): boolean => anyMissing

/**
 * Runs `evaluate`, then reports all missing and wrong variables in one error. A missing variable does not throw at once: a string stands in
 * for it, so that templates go on to the next one. An error that `evaluate` throws meanwhile counts as a consequence.
 */
export const collectEnvErrors = async <T>(evaluate: () => T | Promise<T>): Promise<T> => {
  if (collecting) return await evaluate()
  const collected = (collecting = noIssues())
  try {
    return orThrow(collected, await evaluate())
  } catch (error) {
    throw withIssues(collected, error)
  } finally {
    collecting = undefined
  }
}

/** The same for synchronous code. Its error stays separate, even inside another evaluation. `needer`: what needs the variables: a task. */
export const collectEnvErrorsSync = <T>(evaluate: () => T, needer?: string): T => {
  const collected = { ...noIssues(), needer }
  try {
    return orThrow(collected, ofSetting.run(collected, evaluate))
  } catch (error) {
    throw withIssues(collected, error)
  }
}

/**
 * The same for one setting: variables that its code lacks become an error of that setting, reported to whatever needs it. `through`:
 * whether a thrown value is not an error, and passes through.
 */
export const collectSettingErrors = (evaluate: () => unknown, through: (error: unknown) => boolean): unknown => {
  const collected = noIssues()
  const bad = (error: unknown): never => {
    throw through(error) ? error : withIssues(collected, error)
  }
  try {
    const result = ofSetting.run(collected, evaluate)
    return isPromise(result) ? result.then((value) => orThrow(collected, value), bad) : orThrow(collected, result)
  } catch (error) {
    return bad(error)
  }
}

const orThrow = <T>(collected: EnvIssues, value: T): T => {
  if (hasIssues(collected)) throw envError(collected)
  return value
}

const certainErrors = new WeakSet<object>()

/**
 * An error that does not follow from missing variables, and comes before those, which may follow from it. It has the original as its cause,
 * by which it is still known once it has been given its place in the config.
 */
export const certain = ({ message, hint }: ShipitError): ShipitError => {
  const cause = new Error(message)
  certainErrors.add(cause)
  return usageError(message, { hint, cause })
}

const isCertain = (error: unknown): boolean => error instanceof Error && error.cause instanceof Error && certainErrors.has(error.cause)

const withIssues = (collected: EnvIssues, error: unknown): unknown => {
  if (isCertain(error)) return error
  const issues = issuesOf(error)
  if (issues) merge(collected, issues)
  return hasIssues(collected) ? envError(collected, issues ? undefined : error) : error
}

const merge = (into: EnvIssues, more: EnvIssues): void => {
  for (const [name, { reader, needers }] of more.readings) {
    const reading = into.readings.get(name) ?? { reader, needers: new Set<string>() }
    into.readings.set(name, reading)
    for (const needer of into.needer === undefined ? needers : [into.needer]) reading.needers.add(needer)
  }
  for (const [name, count] of more.missing) into.missing.set(name, (into.missing.get(name) ?? 0) + count)
  for (const [name, why] of more.wrong) into.wrong.set(name, why)
  for (const [name, question] of more.questions) into.questions.set(name, question)
}

/** Whether an error is about missing or wrong variables. */
export const isEnvError = (error: unknown): error is ShipitError => issuesOf(error) !== undefined

/** Notes that there are such errors that nothing has needed yet. */
export const noteMissingVariables = (): void => {
  anyMissing = true
}

/**
 * Called when something needs a variable that such an error is about. Throws the error; or, while errors are collected, adds it to them and
 * returns a string that stands in for the variable.
 */
export const requireVariable = (error: ShipitError): string => {
  const collected = collector()
  const issues = issuesOf(error)
  // a var that is wrong, not one that is missing
  if (!collected || !issues) throw error
  merge(collected, issues)
  return standIn([...issues.readings.keys(), ...issues.questions.keys()][0] ?? 'a variable')
}

// joins alternatives, one of which is enough
export const OR = ' or '

const issueOf = (name: string, reader: string, why?: string): EnvIssues => {
  const issues = { ...noIssues(), readings: new Map([[name, { reader, needers: new Set<string>() }]]) }
  if (why === undefined) issues.missing.set(name, 1)
  else issues.wrong.set(name, why)
  return issues
}

export const missingVariable = (name: string, reader = 'env()'): string => requireVariable(envError(issueOf(name, reader)))

/** An answer that something needs and that nobody has given yet. Like a variable that is not set; whoever runs the evaluation may ask. */
export const requireAnswer = (question: Question): string =>
  requireVariable(envError({ ...noIssues(), questions: new Map([[question.name, question]]) }))

/** The questions that an error is about, if they are all that it is about. */
export const questionsOf = (error: unknown): readonly Question[] => {
  const issues = issuesOf(error)
  return issues && issues.missing.size + issues.wrong.size === 0 ? [...issues.questions.values()] : []
}

const shownQuestion = ({ name, message }: Question): string => (message === name ? name : `${name} (${message})`)

const standIn = (name: string): string => `(${name} is not set)`

/** In a config, a missing secret is an error only for the command that needs it. */
export const missingSecret = (name: string): Secret => {
  const error = envError(issueOf(name, 'env.secret()'))
  if (!collector()) throw error
  noteMissingVariables()
  return deferred(() => requireVariable(error))
}

/** `env('A', env('B'))` reads B first, and notes it if it is missing. Forgets and returns that name; undefined for any other fallback. */
export const forgetMissing = (fallback: unknown): string | undefined => {
  const collected = collector()
  const entry = [...(collected?.missing ?? [])].find(([name]) => standIn(name) === fallback)
  if (!entry) return undefined
  const [name, count] = entry
  if (count > 1) collected?.missing.set(name, count - 1)
  else collected?.missing.delete(name)
  return name
}

export const reportWrong = (name: string, why: string): void => void requireVariable(envError(issueOf(name, 'env()', why)))

const errorIssues = new WeakMap<object, EnvIssues>()
const issuesOf = (error: unknown): EnvIssues | undefined => (error instanceof ShipitError ? errorIssues.get(error) : undefined)

const envError = (issues: EnvIssues, cause?: unknown): ShipitError => {
  const { missing, wrong, readings, questions } = issues
  const parts = [...wrong].map(([name, why]) => `${name} ${why}`)
  const names = [...readings.keys()].filter((name) => missing.has(name))
  if (names.length === 1) parts.unshift(`the environment variable ${names[0]} is not set`)
  if (names.length > 1) parts.unshift(`environment variables are not set: ${names.join(', ')}`)
  const asked = [...questions.keys()]
  if (asked.length > 0) parts.push(`there is no answer for: ${[...questions.values()].map(shownQuestion).join(', ')}`)
  const hints = [
    ...(names.length > 0
      ? [`the config reads ${readBy(names, readings)}: export ${names.map((name) => `${name.split(OR)[0]!}=…`).join(' ')}`]
      : []),
    ...(asked.length > 0 ? [`answer with ${asked.map((name) => `--answer ${name}=…`).join(' ')}`] : []),
  ]
  const error = usageError(parts.join('; '), { hint: hints.length === 0 ? undefined : hints.join('\n'), cause })
  errorIssues.set(error, issues)
  return error
}

/** `it with env.secret(), for the task purge`; of several, each if they differ. */
const readBy = (names: readonly string[], readings: EnvIssues['readings']): string => {
  const each = names.map((name) => {
    const { reader, needers } = readings.get(name)!
    const [needer, ...others] = needers
    return `with ${reader}${needer === undefined ? '' : `, for ${needer}${others.length === 0 ? '' : ' and others'}`}`
  })
  if (new Set(each).size === 1) return `${names.length === 1 ? 'it' : 'them'} ${each[0]}`
  return names.map((name, i) => `${name} ${each[i]}`).join('; ')
}
