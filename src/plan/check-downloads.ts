import { usageError } from '../values/errors.ts'
import type { DownloadSpec } from '../shell/transfer-types.ts'
import { stepsInLane } from './plan.ts'
import type { Plan } from './types.ts'

/** Two hosts must not be fetched from to one place: the second would replace what the first gave. Throws (usage). */
export const checkDownloads = ({ waves }: Plan): void => {
  const places: Downloads = new Map()
  const lanes = waves.flatMap((wave) => (wave.kind === 'steps' ? wave.lanes : []))
  for (const lane of lanes) {
    for (const { task, command } of stepsInLane(lane)) {
      const { download } = command.spec
      if (download === undefined) continue
      claimPlace(places, task, download, lane.host.name)
    }
  }
}

/** One text for a place, however it is written. Links on the way are not known here. */
const placeOf = ({ base = '.', to }: DownloadSpec): string => {
  const names: string[] = []
  for (const name of (to.startsWith('/') ? to : `${base}/${to}`).split('/')) {
    if (name === '..' && names.length > 0 && names.at(-1) !== '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return names.join('/')
}

/** The places that downloads have been given, with their hosts, for those that no plan shows: of code, and after a failure. */
export type Downloads = Map<string, string>

/** Takes the place for a host. Throws (usage) if the same task has fetched another host's file to it. */
export const claimPlace = (places: Downloads, task: string, spec: DownloadSpec, host: string): void => {
  const key = JSON.stringify([task, placeOf(spec)])
  const other = places.get(key)
  if (other !== undefined && other !== host)
    throw usageError(`${task}: download() to ${spec.to} from ${other} and from ${host}, which would replace each other`, {
      hint: "put the host's name into it, or run the task on one host: steps: ({ host }) => [download(…, `${host.name}.log`)]",
    })
  places.set(key, host)
}
