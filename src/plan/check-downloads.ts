import { usageError } from '../values/errors.ts'
import type { Command } from '../shell/types.ts'
import type { DownloadSpec } from '../shell/transfer-types.ts'
import { localPlace } from './local-place.ts'
import { stepsInLane } from './plan.ts'
import type { Plan } from './types.ts'

/** Two hosts must not be fetched from to one place: the second would replace what the first gave. Throws (usage). */
export const checkDownloads = ({ waves }: Plan): void => {
  const places: Downloads = new Map()
  const lanes = waves.flatMap((wave) => (wave.kind === 'steps' ? wave.lanes : []))
  for (const lane of lanes) {
    for (const { task, command } of stepsInLane(lane)) {
      const fetched = fetchedTo(command)
      if (fetched !== undefined) claimPlace(places, task, fetched, lane.host.name)
    }
  }
}

/** The places that downloads have been given, with their hosts, for those that no plan shows: of code, and after a failure. */
export type Downloads = Map<string, string>

/** Where a step puts what it fetches. */
export type Fetched = Pick<DownloadSpec, 'base' | 'to'> & { readonly step?: string }

/** Where a step that fetches files puts them on this machine; undefined for every other step. */
export const fetchedTo = ({ spec: { download, rsync } }: Command): Fetched | undefined =>
  rsync?.direction === 'fetch' ? { to: rsync.here, step: 'rsync', ...(rsync.base !== undefined && { base: rsync.base }) } : download

/** Takes the place for a host. Throws (usage) if the same task has fetched another host's file to it. */
export const claimPlace = (places: Downloads, task: string, spec: Fetched, host: string): void => {
  const { step = 'download' } = spec
  const key = JSON.stringify([task, localPlace(spec.to, spec.base)])
  const other = places.get(key)
  if (other !== undefined && other !== host)
    throw usageError(`${task}: ${step}() to ${spec.to} from ${other} and from ${host}, which would replace each other`, {
      hint: "put the host's name into it, or run the task on one host: steps: ({ host }) => [" + `${step}(…, ` + '`${host.name}.log`)]',
    })
  places.set(key, host)
}
