import { transferParts } from '../shell/render.ts'
import type { Command } from '../shell/types.ts'
import type { OpenDialogue } from '../transfer/dialogue.ts'
import type { Received } from '../transfer/receive.ts'
import type { Sent } from '../transfer/upload.ts'
import type { Transfer, TransferReport } from './transfer-types.ts'

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
export const startTransfer = async (command: Command, report: TransferReport, stop: AbortSignal): Promise<Transfer> => {
  const { upload, download, rsync } = command.spec
  if (rsync !== undefined) return (await import('./rsync-transfer.ts')).rsyncTransfer(command, rsync, report, stop)
  const [{ openDialogue, Ended }, { sendFiles }, { receiveFiles }] = await Promise.all([
    import('../transfer/dialogue.ts'),
    import('../transfer/upload.ts'),
    import('../transfer/receive.ts'),
  ])
  const enough = new AbortController()
  let dialogue: OpenDialogue | undefined
  let failure: Error | undefined
  let sent: Sent | undefined
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
      if (upload !== undefined) sending = sendFiles(upload, dialogue, report.progress).then((one) => void (sent = one), failed)
      else
        received = claimed(report, command)
          .then(() => receiveFiles(download!, dialogue!, report.progress))
          .catch(failed)
    },
    arrived: (chunk) => dialogue?.arrived(chunk),
    ended: () => dialogue?.ended(),
    settle: async (step) => {
      const ok = step?.status === 'ok'
      dialogue?.ended()
      // all of it is there, so this side is at its end, too
      if (ok) await sending
      // the host may have failed to put in place what it was sent
      if (ok && sent !== undefined) report.done(sent.text)
      if (ok && sent?.notice !== undefined) report.notice(sent.notice)
      // what is not complete ends by itself, and leaves nothing
      if (received === undefined || (!ok && failure)) return failure && { error: failure }
      const files = await received
      if (!ok) await files?.discard()
      else if (files) await files.commit().then(report.done, failed)
      return failure && { error: failure }
    },
  }
}

const claimed = async (report: TransferReport, command: Command): Promise<void> => report.claim(command)
