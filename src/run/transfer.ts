import { transferParts } from '../shell/render.ts'
import type { Command } from '../shell/types.ts'
import type { DownloadSpec } from '../shell/transfer-types.ts'
import type { OpenDialogue } from '../transfer/dialogue.ts'
import type { Received } from '../transfer/receive.ts'
import type { Sent } from '../transfer/upload.ts'
import type { StepInput } from '../transport/types.ts'

/** The side of this machine, while a step transfers files. */
export interface Transfer {
  /** The step has begun: its program follows on its stdin. */
  begun(input: StepInput): void
  /** what the program prints on stdout */
  arrived(chunk: Buffer): void
  /** aborted when this side wants nothing more of what the host sends */
  readonly enough: AbortSignal
  /** The step has ended: nothing more is sent, and nothing more arrives. */
  ended(): void
  /** Puts fetched files in place if the step has ended well. Resolves with the error that ended the transfer from this side, if one did. */
  settle(ok: boolean): Promise<Error | undefined>
}

export interface TransferReport {
  /** Throws if a download may not be put where it is to go. */
  claim(download: DownloadSpec): void
  /** what was done, in words */
  done(text: string): void
  /** a linked file is in place: what everybody should know */
  notice(text: string): void
  progress(done: number, total: number | undefined): void
}

/** From when on progress is reported, and how often, in milliseconds. */
const FIRST_MS = 1000
const EVERY_MS = 250

/** Passes progress on, a few times a second, once it has taken longer than a second. */
export const reportProgress = (emit: (done: number, total: number | undefined) => void): TransferReport['progress'] => {
  let next: number | undefined
  return (done, total) => {
    const now = Date.now()
    next ??= now + FIRST_MS
    if (now < next) return
    next = now + EVERY_MS
    emit(done, total)
  }
}

/** What sends or fetches the files of a step, once it has begun. The code for that is loaded by then. */
export const startTransfer = async (command: Command, report: TransferReport): Promise<Transfer> => {
  const { upload, download } = command.spec
  const [{ openDialogue, Ended }, { sendFiles }, { receiveFiles }] = await Promise.all([
    import('../transfer/dialogue.ts'),
    import('../transfer/upload.ts'),
    import('../transfer/receive.ts'),
  ])
  const enough = new AbortController()
  let dialogue: OpenDialogue | undefined
  let failure: Error | undefined
  let notice: string | undefined
  let received: Promise<Received | undefined> | undefined
  let sending: Promise<void> | undefined
  const failed = (error: unknown): undefined => {
    if (error instanceof Ended) return
    failure ??= error as Error
    // an archive without its end is not taken, and the program fails
    dialogue!.finish()
    // an archive on its way to here would be sent to its end
    if (download !== undefined) enough.abort(error)
  }
  return {
    enough: enough.signal,
    begun: (input) => {
      dialogue = openDialogue(input)
      input.write(transferParts(command).program)
      const sent = (one: Sent): void => {
        notice = one.notice
        report.done(one.text)
      }
      if (upload !== undefined) sending = sendFiles(upload, dialogue, report.progress).then(sent, failed)
      else
        received = claimed(report, download!)
          .then(() => receiveFiles(download!, dialogue!, report.progress))
          .catch(failed)
    },
    arrived: (chunk) => dialogue?.arrived(chunk),
    ended: () => dialogue?.ended(),
    settle: async (ok) => {
      dialogue?.ended()
      // all of it is there, so this side is at its end, too
      if (ok) await sending
      if (ok && notice !== undefined) report.notice(notice)
      // what is not complete ends by itself, and leaves nothing
      if (received === undefined || (!ok && failure)) return failure
      const files = await received
      if (!ok) await files?.discard()
      else if (files) await files.commit().then(report.done, failed)
      return failure
    },
  }
}

const claimed = async (report: TransferReport, download: DownloadSpec): Promise<void> => report.claim(download)
