import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { usageError } from '../values/errors.ts'

/** Whether a person can be asked: questions go to stderr, answers come from stdin. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/** Runs one after the other whatever asks at the terminal. */
export const oneAtATime = <T>(ask: () => Promise<T>): Promise<T> => {
  const answer = last.then(ask)
  last = answer.catch(() => {})
  return answer
}
let last: Promise<unknown> = Promise.resolve()

/** Reads one line from the terminal. `echo`: what is typed is shown. Rejects if the person presses Ctrl-C or Ctrl-D, or the signal aborts. */
export const readLine = (prompt: string, { echo, signal }: { echo: boolean; signal?: AbortSignal | undefined }): Promise<string> =>
  new Promise((resolve, reject) => {
    // it waited for another question, at which the run was interrupted
    if (signal?.aborted) return reject(signal.reason as Error)
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input: process.stdin, output: echo ? process.stderr : nowhere, terminal: true, historySize: 0 })
    let ended = false
    const end = (finish: () => void, typed = false): void => {
      if (ended) return
      ended = true
      signal?.removeEventListener('abort', abort)
      lines.close()
      // only a line that was typed and shown has ended by itself
      if (!echo || !typed) process.stderr.write('\n')
      finish()
    }
    const abort = (): void => end(() => reject(signal!.reason as Error))
    signal?.addEventListener('abort', abort, { once: true })
    lines.on('SIGINT', () => {
      end(() => reject(new Error('interrupted')))
      // in raw mode the key sends no signal; listeners must know before what asked fails
      if (!process.emit('SIGINT', 'SIGINT')) process.kill(process.pid, 'SIGINT')
    })
    lines.on('close', () =>
      end(() => reject(usageError('the question was not answered', { hint: 'type an answer and Enter; Ctrl-C ends the run' }))),
    )
    if (!echo) process.stderr.write(prompt)
    lines.question(echo ? prompt : '', (typed) => end(() => resolve(typed), true))
  })

/** The question for a choice by its number, from 1 to `choices`. */
export const whichOne = (choices: number): string => (choices === 1 ? 'Type 1 to choose it' : `Which one, 1 to ${choices}?`)
