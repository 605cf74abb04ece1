import type { Host } from '../inventory/types.ts'
import { pieces } from '../shell/pieces.ts'
import { moveAside, typed } from '../shell/typed.ts'
import type { Command } from '../shell/types.ts'
import { shellOn } from '../tasks/login.ts'
import type { Trouble } from '../tasks/types.ts'
import { ShipitError } from '../values/errors.ts'
import type { Irregular } from '../values/own-places.ts'
import { isPath, path } from '../values/path.ts'
import type { HostRead, Plan } from './types.ts'

/** Why shipit does not write to its own places on a host, and how to fix that: for a run, its plan, its lock and the doctor. */
export const irregularTroubles = (found: readonly Irregular[], host: Host, deployTo: string): readonly Trouble[] =>
  found.map((one) => ({ message: `${path(deployTo).join(one.place)} ${whatItIs(one)}`, remedy: remedyOf(one, host, deployTo) }))

const whatItIs = ({ is, target, wanted }: Irregular): string => {
  if (is === 'link') return `is a link${target === '' ? '' : ` to ${target}`}: shipit writes nothing through it`
  if (is === 'twin') return 'is also the file of another name (a hard link): shipit writes nothing into it'
  return `is not a ${wanted}`
}

const remedyOf = ({ is, place, wanted }: Irregular, host: Host, deployTo: string): string => {
  const at = typed(path(deployTo).join(place))
  const own = typed(path(deployTo).join(`${place}.own`))
  if (is === 'twin') return `give it a file of its own: ${shellOn(host, `cp -p ${at} ${own} && mv -f ${own} ${at}`)}`
  if (is === 'other') return `move it away: ${shellOn(host, moveAside(path(deployTo).join(place), 'before'))}`
  const away = `take the link away; what it leads to stays: ${shellOn(host, `rm ${at}`)}`
  if (wanted === 'file' && place !== 'revisions.log') return away
  return `${away}\nor, if that is this application's own, bring it here: ${shellOn(host, `cp -RL ${at} ${own} && rm ${at} && mv ${own} ${at}`)}`
}

export const irregularErrors = (hosts: readonly Host[], reads: ReadonlyMap<string, HostRead>, deployTo: string): ShipitError[] =>
  hosts.flatMap((host) =>
    irregularTroubles(reads.get(host.name)?.layout.irregular ?? [], host, deployTo).map(
      ({ message, remedy }) => new ShipitError(message, { host: host.name, hint: remedy }),
    ),
  )

/** The hosts on which a step of the plan names one of shipit's own places: the lock, records, marks, revisions.log. */
export const usersOf = (plan: Plan, deployTo: string): readonly Host[] => {
  const root = `${path(deployTo)}`
  const ours = (place: string) => place === `${root}/.shipit` || place.startsWith(`${root}/.shipit/`) || place === `${root}/revisions.log`
  const uses = (command: Command) =>
    pieces(command.spec.parts).some((piece) => 'word' in piece && isPath(piece.word) && ours(String(piece.word)))
  const hosts = plan.waves.flatMap((wave) =>
    wave.kind === 'steps'
      ? wave.lanes.flatMap(({ host, chunks }) => (chunks.some(({ tasks }) => tasks.some(({ steps }) => steps.some(uses))) ? [host] : []))
      : [],
  )
  return [...new Set(hosts)]
}
