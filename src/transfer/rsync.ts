import type { RsyncSpec } from '../shell/transfer-types.ts'
import type { StepInput } from '../transport/types.ts'
import { checkVersion, lookAtSource, makeParent, rsyncArguments } from './rsync-command.ts'
import { rsyncOutput } from './rsync-output.ts'
import { startLocal, type Running } from './rsync-process.ts'
import type { OnProgress } from './upload.ts'

export interface RsyncReport {
  readonly progress: OnProgress
  /** what rsync prints on stderr */
  stderr(chunk: Buffer): void
  /** a line of what it notes */
  note(line: string): void
  /** Nothing more is wanted from the host. */
  enough(): void
}

/** How the rsync of this machine ended. */
export type RsyncEnd =
  /** with code 0; what was done, in words */
  | { readonly text: string }
  /** with another code, or by a signal; what both ends have printed on stderr */
  | { readonly code: number | undefined; readonly signal: string | undefined; readonly words: string }
  /** It could not be started. */
  | { readonly error: Error }
  /** It was not started, because the host ended the step before. */
  | undefined

/** The rsync of this machine, beside a step that runs its other end. */
export interface LocalRsync {
  /** what the program on the host prints on stdout */
  arrived(chunk: Buffer): void
  /** what the host prints on stderr */
  printed(chunk: Buffer): void
  /** The step has ended there, with this code. */
  ended(code: number | undefined): void
  /** Resolves when it has ended by itself. `stop` ends it before. */
  end(stop: AbortSignal): Promise<RsyncEnd>
}

/** How much of what both ends print on stderr is kept for a failure. */
const MOST_WORDS = 64 * 1024

/** How long the other end may go on after the rsync of this machine has ended, in milliseconds. */
const GRACE_MS = 5000

/**
 * Starts the rsync of this machine once the program on the host is ready for it, and carries the bytes between the two. It inherits its
 * side of the connection as descriptors: there is no socket or file that another process could use.
 */
export const openRsync = (spec: RsyncSpec, input: StepInput, report: RsyncReport): LocalRsync => {
  const result = Promise.withResolvers<RsyncEnd>()
  const hostEnd = Promise.withResolvers<number | undefined>()
  const words = lastWords()
  let running: Running | undefined
  let ready = false
  let over = false
  let stopped = false

  const start = async (): Promise<void> => {
    await checkVersion()
    if (spec.direction === 'fetch') makeParent(spec)
    else if (lookAtSource(spec).empty && spec.delete) report.note(`${spec.here} is empty: all that is in the target is removed`)
    if (over || stopped) return
    input.hurry()
    running = startLocal(rsyncArguments(spec), spec.base, input)
    void hostEnd.promise.then(running.hostEnded)
    result.resolve(await follow(running, spec, { ...report, stderr: (chunk) => (words.add(chunk), report.stderr(chunk)) }, words))
    input.end()
    const late = setTimeout(report.enough, GRACE_MS)
    void hostEnd.promise.then(() => clearTimeout(late))
  }
  const failed = (error: unknown): void => {
    result.resolve({ error: error as Error })
    // the program gets no words, and ends
    input.end()
  }
  const stop = (): void => {
    stopped = true
    if (running) running.stop()
    else result.resolve(undefined)
  }

  return {
    arrived: (chunk) => {
      if (ready) return running?.give(chunk)
      // the program prints one line, and then waits
      if (!chunk.includes(10)) return
      ready = true
      start().catch(failed)
    },
    printed: words.add,
    ended: (code) => {
      over = true
      hostEnd.resolve(code)
      if (!running) result.resolve(undefined)
    },
    end: (signal) => {
      if (signal.aborted || !over) stop()
      else signal.addEventListener('abort', stop, { once: true })
      return result.promise.finally(() => signal.removeEventListener('abort', stop))
    },
  }
}

/** Reads what it prints, and waits for its end. */
const follow = async ({ child, ended }: Running, spec: RsyncSpec, report: RsyncReport, words: Words): Promise<RsyncEnd> => {
  const output = rsyncOutput(report.progress, report.note)
  child.stdout!.on('data', (chunk: Buffer) => output.arrived(chunk))
  child.stderr!.on('data', report.stderr)
  const { code, signal } = await ended
  if (code === 0) return { text: output.summary(spec.direction === 'send' ? 'sent' : 'fetched') }
  return { code: code ?? undefined, signal: signal ?? undefined, words: words.text() }
}

interface Words {
  add(chunk: Buffer): void
  text(): string
}

/** Keeps the end of what both ends print, in whole lines. */
const lastWords = (): Words => {
  let kept = ''
  return {
    add: (chunk) => {
      kept += chunk.toString()
      if (kept.length > MOST_WORDS) kept = kept.slice(-MOST_WORDS).replace(/^.*\n/, '')
    },
    text: () => kept,
  }
}
