import type { Host } from '../inventory/types.ts'
import { alternativesOf } from '../shell/attempts.ts'
import { pieces } from '../shell/flatten-template.ts'
import { moveAside, typed } from '../shell/typed.ts'
import type { Command } from '../shell/types.ts'
import { shellOn } from '../shell/ssh-command.ts'
import type { Trouble } from '../tasks/types.ts'
import { ShipitError } from '../values/errors.ts'
import type { Irregular } from '../values/own-files.ts'
import { isPath, path } from '../values/path.ts'
import type { HostRead, Plan } from './types.ts'

/** Why shipit does not write to its own places on a host, and how to fix that: for a run, its plan, its lock and the doctor. */
export const irregularTroubles = (found: readonly Irregular[], host: Host, deployTo: string): readonly Trouble[] =>
  found.map((one) => ({ message: `${path(deployTo).join(one.place)} ${describe(one)}`, remedy: remedyOf(one, host, deployTo) }))

const describe = ({ is, target, wanted }: Irregular): string => {
  if (is === 'link') return `is a link${target === '' ? '' : ` to ${target}`}: shipit does not write through links`
  if (is === 'twin') return 'has a second name (a hard link): shipit does not write into it'
  return `is not a ${wanted}`
}

const remedyOf = ({ is, place, wanted }: Irregular, host: Host, deployTo: string): string => {
  const at = typed(path(deployTo).join(place))
  const replacement = typed(path(deployTo).join(`${place}.own`))
  if (is === 'twin') return `make it a file of its own: ${shellOn(host, `cp -p ${at} ${replacement} && mv -f ${replacement} ${at}`)}`
  if (is === 'other') return `move it away: ${shellOn(host, moveAside(path(deployTo).join(place), 'before'))}`
  const removeLink = `remove the link; its target stays: ${shellOn(host, `rm ${at}`)}`
  if (wanted === 'file' && place !== 'revisions.log') return removeLink
  return `${removeLink}\nor, if the target belongs to this application, move it here: ${shellOn(host, `cp -RL ${at} ${replacement} && rm ${at} && mv ${replacement} ${at}`)}`
}

export const irregularErrors = (hosts: readonly Host[], reads: ReadonlyMap<string, HostRead>, deployTo: string): ShipitError[] =>
  hosts.flatMap((host) =>
    irregularTroubles(reads.get(host.name)?.layout.irregular ?? [], host, deployTo).map(
      ({ message, remedy }) => new ShipitError(message, { host: host.name, hint: remedy }),
    ),
  )

/** The hosts on which a step of the plan names one of shipit's own places: the lock, records, marks, revisions.log. */
export const hostsUsingOwnFiles = (plan: Plan, deployTo: string): readonly Host[] => {
  const root = `${path(deployTo)}`
  const isOwnFile = (place: string) =>
    place === `${root}/.shipit` || place.startsWith(`${root}/.shipit/`) || place === `${root}/revisions.log`
  const uses = ({ spec }: Command) => [spec, ...alternativesOf(spec).map((other) => other.spec)].some(({ parts }) => names(parts))
  const names = (parts: Command['spec']['parts']) =>
    pieces(parts).some((piece) => 'word' in piece && isPath(piece.word) && isOwnFile(String(piece.word)))
  const hosts = plan.waves.flatMap((wave) =>
    wave.kind === 'steps'
      ? wave.lanes.flatMap(({ host, chunks }) => (chunks.some(({ tasks }) => tasks.some(({ steps }) => steps.some(uses))) ? [host] : []))
      : [],
  )
  return [...new Set(hosts)]
}
