import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { cleanText } from '../redact/clean.ts'
import { createRedactor } from '../redact/redact.ts'
import type { Renderer } from '../events/types.ts'
import { ShipitError } from '../values/errors.ts'
import { logText } from './log-text.ts'

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
 * Appends everything about every run: full commands, all output, times, hosts. Mode 0600, because it reveals a lot about your servers.
 * If it cannot be written, `event` throws once; the bus turns that into one warning and goes on without the file.
 */
export const createLogFile = ({ path, argv, rotateAt = 20 * 1024 * 1024 }: LogFileOptions): LogFile => {
  const file = appender(path, rotateAt)
  let failed: string | undefined
  let begun = false
  const attempt = (action: () => void): void => {
    try {
      if (failed === undefined) action()
    } catch (error) {
      failed = error instanceof Error ? error.message : 'no reason given'
    }
  }
  const flush = (): void => attempt(file.flush)
  const flushing = flushTimes(flush)
  const check = (): void => {
    if (failed === undefined) return
    process.off('exit', flush)
    throw new ShipitError(`the log file ${path} cannot be written; this run goes on without it: ${failed}`)
  }
  const begin = (at: number): void => {
    begun = true
    process.on('exit', flush)
    file.add(`${'-'.repeat(75)}\nSTART ${new Date(at).toString()} ${createRedactor().text(cleanText(argv.join(' ')))}\n`)
  }
  return {
    name: 'log file',
    written: () => (failed === undefined && begun ? path : undefined),
    event: (event) => {
      if (!begun) begin(event.at)
      file.add(logText(event))
      // output may be buffered for a moment; every other event is on disk before anything else happens
      if (!file.isOpen() || file.buffered() > BUFFER) flush()
      else if (event.type === 'step:output') flushing.later()
      else flushing.soon()
      check()
    },
    end: () => {
      flushing.stop()
      flush()
      process.off('exit', flush)
      file.close()
      check()
    },
  }
}

/** Collects text and appends it to a file. The first write opens the file, and renames one that is too large. May throw. */
const appender = (path: string, rotateAt: number) => {
  let file: number | undefined
  let buffered = ''
  const open = (more: number): number => {
    mkdirSync(dirname(path), { recursive: true })
    const opened = openSync(path, 'a', 0o600)
    const { size } = fstatSync(opened)
    if (size === 0 || size + more <= rotateAt) return opened
    closeSync(opened)
    renameSync(path, `${path}.1`)
    return openSync(path, 'a', 0o600)
  }
  return {
    add: (text: string): void => void (buffered += text),
    buffered: (): number => buffered.length,
    isOpen: (): boolean => file !== undefined,
    flush: (): void => {
      if (buffered === '') return
      const bytes = Buffer.from(buffered)
      buffered = ''
      file ??= open(bytes.length)
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    },
    close: (): void => {
      if (file !== undefined) closeSync(file)
      file = undefined
    },
  }
}

/** When to write: `later` within a moment, `soon` before anything else happens, so that events that arrive together are one write. */
const flushTimes = (flush: () => void) => {
  let timer: NodeJS.Timeout | undefined
  let soon = false
  const stop = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  return {
    stop,
    later: (): void => {
      timer ??= setTimeout(() => {
        timer = undefined
        flush()
      }, 200).unref()
    },
    soon: (): void => {
      if (soon) return
      soon = true
      queueMicrotask(() => {
        soon = false
        stop()
        flush()
      })
    },
  }
}
