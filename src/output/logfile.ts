import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { cleanText } from '../events/clean.ts'
import { createRedactor } from '../events/redact.ts'
import type { Renderer } from '../events/types.ts'
import { ShipitError } from '../values/errors.ts'
import { logText } from './logtext.ts'

export interface LogFileOptions {
  /** `log/shipit.log`; its folder is created */
  readonly path: string
  /** the command line, for the START line */
  readonly argv: readonly string[]
  /** size in bytes from which the file is renamed to `<path>.1`, replacing that one, when a run begins: a run is never split */
  readonly rotateAt?: number
}

export interface LogFile extends Renderer {
  /** The path, once the file has content and while it can be written; also after it is closed, because a tree ends later. */
  written(): string | undefined
}

const BUFFER = 65_536

/**
 * Appends everything about every run: full commands, all output, times, hosts. Mode 0600, because it says a lot about servers.
 * If it cannot be written, `event` throws once; the bus turns that into one warning and goes on without the file.
 */
export const createLogFile = ({ path, argv, rotateAt = 20 * 1024 * 1024 }: LogFileOptions): LogFile => {
  let file: number | undefined
  let waiting = ''
  let timer: NodeJS.Timeout | undefined
  let failed: string | undefined
  let soon = false

  const open = (more: number): number => {
    mkdirSync(dirname(path), { recursive: true })
    const opened = openSync(path, 'a', 0o600)
    const { size } = fstatSync(opened)
    if (size === 0 || size + more <= rotateAt) return opened
    closeSync(opened)
    renameSync(path, `${path}.1`)
    return openSync(path, 'a', 0o600)
  }
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (waiting === '') return
    const bytes = Buffer.from(waiting)
    waiting = ''
    file ??= open(bytes.length)
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
  }
  const attempt = (action: () => void): void => {
    try {
      if (failed === undefined) action()
    } catch (error) {
      failed = error instanceof Error ? error.message : 'no reason given'
    }
  }
  const leave = (): void => attempt(flush)
  const check = (): void => {
    if (failed === undefined) return
    process.off('exit', leave)
    throw new ShipitError(`the log file ${path} cannot be written, this run goes on without it: ${failed}`)
  }
  let begun = false
  const begin = (at: number): void => {
    begun = true
    process.on('exit', leave)
    waiting = `${'-'.repeat(75)}\nSTART ${new Date(at).toString()} ${createRedactor().text(cleanText(argv.join(' ')))}\n`
  }
  return {
    name: 'log file',
    written: () => (failed === undefined && begun ? path : undefined),
    event: (event) => {
      if (!begun) begin(event.at)
      waiting += logText(event)
      // Output may wait a moment; every other event is on disk before anything else happens. Events that arrive together are one write.
      if (file === undefined || waiting.length > BUFFER) attempt(flush)
      else if (event.type === 'step:output') timer ??= setTimeout(leave, 200).unref()
      else if (!soon) {
        soon = true
        queueMicrotask(() => {
          soon = false
          attempt(flush)
        })
      }
      check()
    },
    end: () => {
      attempt(flush)
      process.off('exit', leave)
      if (file !== undefined) closeSync(file)
      file = undefined
      check()
    },
  }
}
