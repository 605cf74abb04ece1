import { whyNot } from '../config/answers.ts'
import type { Question } from '../values/question.ts'
import { cleanText } from '../redact/clean.ts'
import { redactText } from './redact-text.ts'
import { oneAtATime, readLine, whichOne } from './read-line.ts'

/** Asks a person until the answer will do. The terminal must belong to the question. */
export const askPerson = (question: Question, signal?: AbortSignal): Promise<string> =>
  oneAtATime(async () => {
    const { message, choices, secret, default: preset } = question
    show(listOf(question))
    const asked = choices === undefined ? message : whichOne(choices.length)
    const prompt = safe(`${asked}${preset === undefined ? '' : ` [${preset}]`}: `)
    for (;;) {
      const typed = await readLine(prompt, { echo: !secret, signal })
      const answer = answerIn(question, typed)
      const why = whyNot(question, answer)
      if (why === undefined) return answer
      show(`${safe(why)}\n`)
    }
  })

/** Asks for a yes, or for a word to be typed. */
export const askYes = (message: string, word: string | undefined, signal?: AbortSignal): Promise<boolean> =>
  oneAtATime(async () => {
    if (word === undefined) return /^y(?:es)?$/i.test((await readLine(safe(`${message} [y/N] `), { echo: true, signal })).trim())
    show(safe(`${message}\n`))
    return (await readLine(safe(`Type ${word} to go on: `), { echo: true, signal })).trim() === word
  })

const show = (text: string): void => void process.stderr.write(text)
const safe = (text: string): string => redactText(cleanText(text))

const listOf = ({ message, choices }: Question): string =>
  choices === undefined ? '' : safe([message, ...choices.map((choice, i) => `  ${String(i + 1).padStart(2)}  ${choice}`), ''].join('\n'))

/** The default for an empty line; a choice by its number. A secret is as it was typed. */
const answerIn = ({ choices, secret, default: preset }: Question, typed: string): string => {
  const text = secret ? typed : typed.trim()
  if (text === '' && preset !== undefined) return preset
  const numbered = /^\d+$/.test(text) && choices?.includes(text) !== true ? choices?.[Number(text) - 1] : undefined
  return numbered ?? text
}
