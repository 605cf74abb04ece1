import { masked } from '../redact/mask.ts'
import { transferParts } from '../shell/render.ts'
import type { Command } from '../shell/types.ts'
import type { RsyncSpec } from '../shell/transfer-types.ts'
import { meaningOf, remedyOf } from '../transfer/rsync-codes.ts'
import { openRsync, type LocalRsync, type RsyncEnd } from '../transfer/rsync.ts'
import { ShipitError } from '../values/errors.ts'
import type { Transfer, TransferFailure, TransferReport } from './transfer-types.ts'

/** The rsync of this machine, as the side of a step that starts the other end on a host. */
export const rsyncTransfer = (command: Command, spec: RsyncSpec, report: TransferReport, stop: AbortSignal): Transfer => {
  const enough = new AbortController()
  let rsync: LocalRsync | undefined
  let refused: Error | undefined
  return {
    enough: enough.signal,
    begun: (input) => {
      try {
        report.claim(command)
      } catch (error) {
        refused = error as Error
        // the shell has nothing to run
        return input.end()
      }
      rsync = openRsync(spec, input, {
        progress: report.progress,
        stderr: report.stderr,
        note: report.done,
        enough: () => enough.abort(),
      })
      input.write(transferParts(command).program)
    },
    arrived: (chunk) => rsync?.arrived(chunk),
    printed: (chunk) => rsync?.printed(chunk),
    ended: (code) => rsync?.ended(code),
    settle: async (step) => {
      if (refused !== undefined) return { error: refused }
      const end = await rsync?.end(stop)
      if (end !== undefined && 'text' in end) report.done(end.text)
      // a limit, an interrupt or a lost connection ended it, and that is why it failed
      const ownEnd = step?.code !== undefined || enough.signal.aborted
      return ownEnd ? failureOf(end) : undefined
    },
  }
}

/** How many lines of what rsync printed are part of its failure. */
const LINES = 10

const failureOf = (end: RsyncEnd): TransferFailure | undefined => {
  if (end === undefined || 'text' in end) return undefined
  if ('error' in end) return { error: end.error }
  const how = end.code === undefined ? `the rsync of this machine was ended by ${end.signal}` : `rsync: ${meaningOf(end.code)}`
  const lines = masked(end.words).trim().split('\n').slice(-LINES).join('\n')
  const hint = end.code === undefined ? undefined : remedyOf(end.code)
  return { code: end.code, error: new ShipitError(`${how}${lines === '' ? '' : `\n${lines}`}`, { hint }) }
}
