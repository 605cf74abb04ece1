import { setTimeout as sleep } from 'node:timers/promises'
import { writeOut } from '../../output/intercept-streams.ts'
import { cleanText, oneLine } from '../../redact/clean.ts'
import { masked } from '../../redact/mask.ts'
import { EXIT } from '../../values/errors.ts'
import type { CommandTable } from '../command.ts'
import { redactText } from '../redact-text.ts'
import { readBashLine } from './bash-line.ts'
import { completeWords } from './complete-words.ts'
import { loadChoices, type Choices } from './load-choices.ts'
import type { Candidate } from './place.ts'
import { FILES } from './values-of.ts'

/** The longest that a config may take to load, in ms: a key was pressed, and somebody waits. */
const LONGEST = 5000

/**
 * Prints the words that may follow, each in a line `shipit<TAB>WORD<TAB>DESCRIPTION`: a program that the config starts may write to stdout,
 * too, and its lines do not begin so. No word: the shell offers files. `typed`: for bash, COMP_WORDBREAKS and the line up to the cursor,
 * from which bash's own words cannot be told; for other shells the words after `shipit`, without their quotes, the last one up to the
 * cursor. Never throws; what cannot be found out is not offered.
 */
export const printWords = async (shell: string | undefined, typed: readonly string[], table: CommandTable): Promise<number> => {
  const line = shell === 'bash' ? readBashLine(typed[0] ?? '', typed[1] ?? '') : undefined
  if (shell === 'bash' && line === undefined) return EXIT.done
  const words = line?.words ?? typed
  const answer = answerFor(words, table, await choicesFor(words))
  const rows =
    answer === FILES ? [['', '']] : answer.filter(isPlain).map(({ word, about = '' }) => [line ? line.insert(word) : word, about])
  const text = rows.map(([word, about]) => (word === undefined ? '' : `shipit\t${word}\t${redactText(oneLine(masked(about!)))}\n`)).join('')
  // what the config wrote may not end its line
  writeOut(`\n${text}`)
  // what a config left open, or still loads, would keep the process; a pipe has all of the text by now
  process.exit(EXIT.done)
}

/** What the config offers; undefined if there is none, it is broken, or it takes too long. */
const choicesFor = async (words: readonly string[]): Promise<Choices | undefined> => {
  const timer = new AbortController()
  const timeout = sleep(LONGEST, undefined, { signal: timer.signal }).catch(() => undefined)
  const choices = await Promise.race([loadChoices(words).catch(() => undefined), timeout])
  timer.abort()
  return choices
}

const answerFor = (words: readonly string[], table: CommandTable, choices: Choices | undefined) => {
  try {
    return completeWords(words, table, choices)
  } catch {
    // a mistake in a stage
    return completeWords(words, table, undefined)
  }
}

/** Whether a word can be shown and typed as it is: no control characters, no secret. */
const isPlain = ({ word }: Candidate): boolean => !/[\t\n\r]/.test(word) && cleanText(word) === word && redactText(word) === word
