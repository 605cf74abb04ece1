import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex, Readable, Writable } from 'node:stream'
import type { StepInput } from '../transport/types.ts'
import { rsyncEnvironment } from './rsync-command.ts'

/** How long it may go on after TERM, in milliseconds. */
const GRACE_MS = 5000

/** The rsync of this machine, with what it started in the place of ssh. */
export interface Running {
  readonly child: ChildProcess
  /** Gives it what its other end sends. */
  give(chunk: Buffer): void
  hostEnded(code: number | undefined): void
  stop(): void
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>
}

export const startLocal = (words: readonly string[], cwd: string | undefined, input: StepInput): Running => {
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
