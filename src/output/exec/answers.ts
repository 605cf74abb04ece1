import { createHash } from 'node:crypto'
import type { FailureReport } from '../../events/types.ts'
import { cleanText } from '../../redact/clean.ts'
import { fold, type Fold } from '../../values/fold.ts'
import type { EventOf, Handlers } from '../event-lines.ts'

/** What a command did on one host. */
export interface Answer {
  readonly host: string
  readonly stdout: AnswerText
  readonly stderr: AnswerText
  /** undefined while it runs, and if it was ended */
  code: number | undefined
  status: 'running' | 'ok' | 'failed' | 'cancelled'
  /** why it failed, and what to do */
  reason: string | undefined
  hint: string | undefined
}

/** The beginning of what a command printed, as lines. The rest is only counted and compared. */
export interface AnswerText {
  readonly lines: readonly string[]
  /** how many more lines there were */
  cut(): number
  /** the same for equal texts, however long they are */
  digest(): string
}

/** How many characters of answers are kept in all, so that memory stays flat: hosts share them. */
const ROOM = 32 * 1024 * 1024
/** at most of one text: nobody reads more on a screen */
const MOST = 1024 * 1024

/** Collects answers from events. `others`: failures that are not those of the command, such as a host that cannot be reached. */
export const collectAnswers = (colours: boolean) => {
  const answers = new Map<string, Answer>()
  const others: FailureReport[] = []
  let room = MOST
  const writers = new Map<string, (stream: 'stdout' | 'stderr', line: string) => void>()
  const begin = ({ host }: EventOf<'step:start'>): void => {
    const texts = { stdout: createText(room), stderr: createText(room) }
    writers.set(host, (stream, line) => texts[stream].add(cleanText(line, colours)))
    answers.set(host, { host, ...texts, code: undefined, status: 'running', reason: undefined, hint: undefined })
  }
  const handlers: Handlers = {
    'run:start': ({ hosts }) => void (room = Math.min(MOST, Math.floor(ROOM / Math.max(1, hosts.length)))),
    'step:start': begin,
    'step:output': ({ host, stream, line }) => writers.get(host)?.(stream, line),
    'step:end': ({ host, status, code, note }) => {
      const answer = answers.get(host)
      if (!answer) return
      answer.code = code
      answer.status = status === 'failed' || status === 'cancelled' ? status : 'ok'
      if (answer.status !== 'ok') answer.reason = note ?? (code === undefined ? status : `exit ${code}`)
    },
    failure: ({ failure }) => {
      const answer = failure.host === undefined || failure.task === undefined ? undefined : answers.get(failure.host)
      if (!answer) return void others.push(failure)
      answer.reason = failure.reason
      answer.hint = failure.hint
    },
  }
  return { answers, others, handlers }
}

const createText = (room: number): AnswerText & { add(line: string): void } => {
  const lines: string[] = []
  const hash = createHash('sha256')
  let left = room
  let more = 0
  return {
    lines,
    cut: () => more,
    digest: () => hash.copy().digest('base64'),
    add: (line) => {
      hash.update(line).update('\n')
      left -= line.length + 1
      // once a line is left out, so are all that follow
      if (left < 0 || more > 0) more++
      else lines.push(line)
    },
  }
}

/** Answers that are equal in all that is shown: those that went well first, the most frequent at the top, the failed ones at the end. */
export const groupAnswers = (answers: Iterable<Answer>): readonly Fold<Answer>[] =>
  fold(answers, same).toSorted((a, b) => rank(a[0]) - rank(b[0]) || b.length - a.length)

const same = ({ stdout, stderr, code, status, reason, hint }: Answer) => [stdout.digest(), stderr.digest(), code, status, reason, hint]

const rank = ({ status }: Answer): number => (status === 'ok' ? 0 : 1)
