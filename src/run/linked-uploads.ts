import { isMissing, stateProblem, type LinkedState } from '../facts/linked-states.ts'
import type { Call } from '../shell/types.ts'
import type { UploadSpec, UploadState } from '../shell/transfer-types.ts'
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
  const sum = await checksum(entry)
  return {
    size: `${humanSize(entry.size)}, ${comparison(state, sum, mode)}`,
    files: [],
    there: asState(state, sum, { mode, size: entry.size }),
  }
}

/** The same as data. */
const asState = (
  state: LinkedState | undefined,
  sum: string,
  { mode, size }: { readonly mode: string | undefined; readonly size: number },
): UploadState => {
  if (state === undefined) return { state: 'not known', message: 'it was not read' }
  if (isMissing(state)) return { state: 'new' }
  if (state.link) return { state: 'refused', message: 'a link is in its place' }
  if (state.what !== 'file') return { state: state.what === 'unread' ? 'not known' : 'refused', message: stateProblem(state.what) }
  const differs = { state: 'differs', changed: 0, missing: 0, bytes: 0, adjusted: 0, removed: 0 } as const
  if (state.sum !== sum) return { ...differs, changed: 1, bytes: size }
  return hasOtherMode(state, mode) ? { ...differs, adjusted: 1 } : { state: 'same' }
}

const hasOtherMode = (state: LinkedState, mode: string | undefined): boolean =>
  mode !== undefined && Number.parseInt(mode, 8) !== state.mode

const comparison = (state: LinkedState | undefined, sum: string, mode: string | undefined): string => {
  if (state === undefined) return 'if it is missing or differs'
  if (isMissing(state)) return 'missing there'
  if (state.link) return 'refused: a link is in its place'
  if (state.what !== 'file') return 'if it can be replaced'
  if (state.sum !== sum) return `differs: ${humanSize(state.size!)} there`
  return hasOtherMode(state, mode) ? 'the same there, with another mode' : 'the same there, so not sent'
}

/** The error of a file that a deploy would send, and that this machine lacks. */
export const withoutSource = ({ from, linked, when }: UploadSpec, host: string, shipit: Call, cause: ShipitError): ShipitError =>
  usageError(
    when === 'missing'
      ? `${host} lacks the linked file ${linked!.path}, and ${from} does not exist on this machine`
      : `${from} does not exist on this machine, and a deploy compares it with the linked file ${linked!.path}`,
    { hint: `make the file here, or fetch it from a host that has it: ${shipit('linked:pull', linked!.path)}`, cause: cause.cause },
  )
