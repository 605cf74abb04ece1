import { cleanText } from '../../redact/clean.ts'
import type { FailureReport } from '../../events/types.ts'
import type { Answer, AnswerText } from './answers.ts'

/**
 * The answers as a JSON list, one object for each host in the order of the inventory: `host`, `ok`, `exit` (null if it did not end by
 * itself), `stdout`, `stderr`; after a failure `error` and, if there is one, `hint`; `cut`, how many lines are left out, if any are.
 */
export const answersJson = (hosts: readonly string[], answers: ReadonlyMap<string, Answer>, others: readonly FailureReport[]): string =>
  `${JSON.stringify(
    hosts.map((host) =>
      entry(
        host,
        answers.get(host),
        others.find((failure) => failure.host === host),
      ),
    ),
    bare,
    2,
  )}\n`

const entry = (host: string, answer: Answer | undefined, failure: FailureReport | undefined) => {
  const cut = answer === undefined ? 0 : answer.stdout.cut() + answer.stderr.cut()
  const error = answer === undefined ? (failure?.reason ?? 'it was not asked') : answer.reason
  const hint = answer === undefined ? failure?.hint : answer.hint
  return {
    host,
    ok: answer?.status === 'ok',
    exit: answer?.code ?? null,
    stdout: text(answer?.stdout),
    stderr: text(answer?.stderr),
    ...(error === undefined ? {} : { error }),
    ...(hint === undefined ? {} : { hint }),
    ...(cut === 0 ? {} : { cut }),
  }
}

const text = (from: AnswerText | undefined): string => (from === undefined ? '' : from.lines.map((line) => `${line}\n`).join(''))

const bare = (_key: string, value: unknown): unknown => (typeof value === 'string' ? cleanText(value) : value)
