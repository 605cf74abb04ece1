import { isMissing, type LinkedState } from '../facts/linked-states.ts'
import type { Call } from '../shell/types.ts'
import type { UploadSpec } from '../shell/transfer-types.ts'
import type { LocalTree } from '../transfer/local-tree.ts'
import { usageError, type ShipitError } from '../values/errors.ts'
import { humanSize } from '../values/human-size.ts'

/** What a plan shows of the upload of a linked file: its size, and what there is in its place. `state`: undefined if that is not known. */
export const linkedSummary = async (
  { from, mode, linked }: UploadSpec,
  { kind, entries: [entry] }: LocalTree,
  state: LinkedState | undefined,
): Promise<UploadSpec['summary'] & {}> => {
  if (kind !== 'file' || entry === undefined)
    throw usageError(`${from} is a folder, and a linked file is a file`, { hint: `linkedFiles has it for ${linked!.path}: name a file` })
  const { checksum } = await import('../transfer/checksums.ts')
  return { size: `${humanSize(entry.size)}, ${comparison(state, await checksum(entry), mode)}`, files: [] }
}

const comparison = (state: LinkedState | undefined, sum: string, mode: string | undefined): string => {
  if (state === undefined) return 'if it is missing or differs'
  if (isMissing(state)) return 'missing there'
  if (state.link) return 'refused: a link is in its place'
  if (state.what !== 'file') return 'if it can be replaced'
  if (state.sum !== sum) return `differs: ${humanSize(state.size!)} there`
  return mode !== undefined && Number.parseInt(mode, 8) !== state.mode ? 'the same there, with another mode' : 'the same there, so not sent'
}

/** The error of a file that a deploy would send, and that this machine lacks. */
export const withoutSource = ({ from, linked, when }: UploadSpec, host: string, shipit: Call, cause: ShipitError): ShipitError =>
  usageError(
    when === 'missing'
      ? `${host} lacks the linked file ${linked!.path}, and ${from} does not exist on this machine`
      : `${from} does not exist on this machine, and a deploy compares it with the linked file ${linked!.path}`,
    { hint: `make the file here, or fetch it from a host that has it: ${shipit('linked:pull', linked!.path)}`, cause: cause.cause },
  )
