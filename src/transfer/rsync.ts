import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex, Readable, Writable } from 'node:stream'
import type { RsyncSpec } from '../shell/types.ts'
import type { StepInput } from '../transport/types.ts'
import { lookAtSource, makeParent, rsyncArguments, rsyncEnvironment, rsyncVersion } from './rsync-command.ts'
import { rsyncOutput } from './rsync-output.ts'
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

/** How long the other end may go on after the rsync of this machine has ended, and that one after TERM, in milliseconds. */
const GRACE_MS = 5000

/**
 * Starts the rsync of this machine once the program on the host is ready for it, and carries the bytes between the two. It inherits its
 * side of the connection as descriptors: there is no socket or file that another process could use.
 */
export const openRsync = (spec: RsyncSpec, input: StepInput, report: RsyncReport): LocalRsync => {
  const output = rsyncOutput(report.progress, report.note)
  const result = Promise.withResolvers<RsyncEnd>()
  const hostEnd = Promise.withResolvers<number | undefined>()
  let running: Running | undefined
  let ready = false
  let over = false
  let stopped = false
  let words = ''

  const print = (chunk: Buffer): void => {
    words += chunk.toString()
    // whole lines
    if (words.length > MOST_WORDS) words = words.slice(-MOST_WORDS).replace(/^.*\n/, '')
  }
  const failed = (error: unknown): void => {
    result.resolve({ error: error as Error })
    // the program gets no words, and ends
    input.end()
  }
  const start = async (): Promise<void> => {
    const version = await rsyncVersion()
    if (spec.direction === 'fetch') makeParent(spec)
    else if (lookAtSource(spec).empty && spec.delete) report.note(`${spec.here} is empty: all that is in the target is removed`)
    if (over || stopped) return
    input.hurry()
    running = startLocal(rsyncArguments(spec, version), spec.base, input)
    const { child } = running
    child.stdout!.on('data', (chunk: Buffer) => output.arrived(chunk))
    child.stderr!.on('data', (chunk: Buffer) => {
      print(chunk)
      report.stderr(chunk)
    })
    void hostEnd.promise.then((code) => running!.hostEnded(code))
    const { code, signal } = await running.ended
    input.end()
    const late = setTimeout(report.enough, GRACE_MS)
    void hostEnd.promise.then(() => clearTimeout(late))
    if (code === 0) result.resolve({ text: output.summary(spec.direction === 'send' ? 'sent' : 'fetched') })
    else result.resolve({ code: code ?? undefined, signal: signal ?? undefined, words })
  }

  return {
    arrived: (chunk) => {
      if (ready) return running?.give(chunk)
      // the program prints one line, and then waits
      if (!chunk.includes(10)) return
      ready = true
      start().catch(failed)
    },
    printed: print,
    ended: (code) => {
      over = true
      hostEnd.resolve(code)
      if (!running) result.resolve(undefined)
    },
    end: (stop) => {
      const kill = (): void => {
        stopped = true
        if (running) running.stop()
        else result.resolve(undefined)
      }
      if (stop.aborted || !over) kill()
      else stop.addEventListener('abort', kill, { once: true })
      return result.promise.finally(() => stop.removeEventListener('abort', kill))
    },
  }
}

interface Running {
  readonly child: ChildProcess
  /** Gives it what its other end sends. */
  give(chunk: Buffer): void
  hostEnded(code: number | undefined): void
  stop(): void
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

const startLocal = (words: readonly string[], cwd: string | undefined, input: StepInput): Running => {
  const ended = Promise.withResolvers<{ code: number | null; signal: string | null }>()
  // a session of its own, as for every local step: Ctrl-C reaches only shipit, which ends it in order
  const child = spawn('rsync', words, {
    cwd,
    env: rsyncEnvironment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
  })
  const [sent, received, exitCode] = child.stdio.slice(3) as unknown as readonly [Readable, Writable, Duplex]
  for (const stream of [sent, received, exitCode]) stream.on('error', () => {})
  sent.on('data', (chunk: Buffer) => {
    input.write(chunk)
    sent.pause()
    void input.drained().then(() => sent.resume())
  })
  received.on('drain', () => input.resume())
  const signalGroup = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // all of it has ended
    }
  }
  const closeAll = (): void => {
    received.destroy()
    exitCode.destroy()
    input.resume()
  }
  child.on('error', (error) => (ended.reject(error), closeAll()))
  child.on('exit', () => {
    closeAll()
    // what it started in the place of ssh waits for nothing any more
    signalGroup('SIGTERM')
  })
  child.on('close', (code, signal) => ended.resolve({ code, signal }))
  return {
    child,
    ended: ended.promise,
    give: (chunk) => {
      if (!received.writable) return
      if (!received.write(chunk)) input.pause()
    },
    hostEnded: (code) => {
      received.end()
      exitCode.end(`${code ?? 255}\n`)
    },
    stop: () => {
      signalGroup('SIGTERM')
      const late = setTimeout(() => signalGroup('SIGKILL'), GRACE_MS)
      child.on('close', () => clearTimeout(late))
    },
  }
}
