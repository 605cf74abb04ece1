import { lendTerminal } from '../output/lent-terminal.ts'
import { inCi } from '../output/names.ts'
import { table } from '../output/aligned-table.ts'
import { cleanText, oneLine } from '../redact/clean.ts'
import type { ChooseRelease, ReleaseChoice, ReleaseChoices } from '../run/chosen-release.ts'
import { count } from '../values/count.ts'
import { ageText } from '../values/duration.ts'
import { columnsIn, cut, wrap } from '../values/width.ts'
import type { Options } from './global-options.ts'
import { canAsk, oneAtATime, readLine, whichOne } from './read-line.ts'
import { redactText } from './redact-text.ts'

/** Asks which release a rollback goes to; undefined where nobody is asked: no terminal, a job of a CI, `--yes`, or a program that reads. */
export const releaseChooser = ({ yes, output }: Pick<Options, 'yes' | 'output'>, signal: AbortSignal): ChooseRelease | undefined =>
  yes || output === 'jsonl' || inCi(process.env) || !canAsk() || !process.stdout.isTTY
    ? undefined
    : (choices) => lendTerminal(() => oneAtATime(() => ask(choices, signal)))

const ask = async (choices: ReleaseChoices, signal: AbortSignal): Promise<string> => {
  const { preset } = choices
  const offered = offeredIn(choices)
  const { lines, numbered } = fitted(choices, { columns: columnsIn(process.stderr, 80), rows: process.stderr.rows || 24 })
  show(lines.join('\n'))
  const byNumber = numbered === 1 ? 'type 1' : `type a number, 1 to ${numbered}`
  for (;;) {
    const typed = (await readLine(`${whichOne(numbered)}${preset === undefined ? '' : ` [${preset}]`}: `, { echo: true, signal })).trim()
    const release = typed === '' ? preset : /^\d{1,3}$/.test(typed) ? offered.slice(0, numbered)[Number(typed) - 1]?.release : typed
    if (offered.some((one) => one.release === release)) return release!
    const known = choices.releases.find((one) => one.release === release)
    show(known === undefined ? `${byNumber}, or the name of a release; Ctrl-C ends the run` : `${known.release}: ${known.whyNot}`)
  }
}

/** How many have a number at most, and at least in a small terminal; the others can be named. */
const [MOST, LEAST] = [15, 5] as const
/** rows of the terminal for what is typed, and for an answer to it */
const ROWS_BELOW = 3

/** The question with as many numbers as leave its first line in the terminal, and how many these are. */
export const fitted = (choices: ReleaseChoices, { columns, rows }: { readonly columns: number; readonly rows: number }) => {
  const most = Math.min(MOST, offeredIn(choices).length)
  for (let numbered = most; ; numbered--) {
    const lines = choiceLines(choices, columns, numbered)
    if (numbered <= Math.min(LEAST, most) || lines.length + ROWS_BELOW <= rows) return { lines, numbered }
  }
}

const offeredIn = ({ releases }: ReleaseChoices): readonly ReleaseChoice[] => releases.filter(({ whyNot }) => whyNot === undefined)

const show = (text: string): void => void process.stderr.write(`${redactText(cleanText(text))}\n`)

/**
 * The question: the newest of those that may be chosen have a number, `most` of them, and among them are the others, with why not. Lines of
 * at most `columns` columns.
 */
export const choiceLines = (choices: ReleaseChoices, columns: number, most: number = MOST): readonly string[] => {
  const { releases, live } = choices
  const offered = offeredIn(choices)
  const numbered = offered.slice(0, most)
  const shown = releases.slice(0, releases.indexOf(numbered.at(-1)!) + 1)
  const rows = shown.flatMap((one): string[][] => {
    const { release, revision, commit, age, whyNot, note } = one
    if (whyNot !== undefined) return [[` -  ${release}  ${oneLine(whyNot)}`]]
    const cells = [
      `${numbered.indexOf(one) + 1}`.padStart(2),
      release,
      age === undefined ? '-' : ageText(age),
      revision?.slice(0, 7) ?? '-',
      cut(oneLine(commit?.author ?? '-'), 14),
      oneLine(commit?.subject ?? '-'),
    ]
    const notes = note === undefined ? [] : wrap(oneLine(note), columns - 6).map((line) => [`    ${line}`])
    return [cells, ...notes]
  })
  const more = offered.length - numbered.length
  return [
    ...wrap(`Which release does the rollback go to? Now ${oneLine(live)}.`, columns),
    ...table(rows, '  ').map((line) => cut(line, columns)),
    ...(more === 0 ? [] : [`  and ${count(more, 'older one')}, which you can name`]),
  ]
}
