import { everLive, type RecipeFacts } from '../../src/index.ts'
import type { Context } from './scope.ts'
import { onlyQuiets } from './reload.ts'
import { seconds } from './timespan.ts'

/** A unit as it was when the host was read, before this run changed anything. */
export interface Unit {
  readonly name: string
  /** `unknown`: the host's systemd could not be asked; its commands will say why */
  readonly state: 'missing' | 'running' | 'starting' | 'down' | 'unknown'
  /** masked, or its file cannot be read: no start of it would succeed */
  readonly broken: boolean
  /** 0: none */
  readonly pid: number
  /** when it was stopped, or ended, before: systemd's own stamp, to tell a later one by */
  readonly left: string
  /** how often systemd has started it again since it was last started by hand; undefined: before 235 it does not say */
  readonly restarts: number | undefined
  /** seconds after which systemd kills what it stops; undefined: never, or not known */
  readonly stopLimit: number | undefined
  /** all that a reload does is to send TSTP to its main process */
  readonly reloads: boolean
  /** systemd knows when it is up, so that `start` does not return before */
  readonly notifies: boolean
  /** `once`: a service that ends when it has done its work; `other`: a socket, a timer … without a process of its own */
  readonly kind: 'service' | 'once' | 'other'
}

/** The units, in the order of `names`, as the fact `units` has them. */
export const unitsOf = (facts: RecipeFacts, names: readonly string[]): readonly Unit[] => {
  const blocks = blocksOf(facts.units, names)
  return names.map((name, i) => (blocks === undefined ? unread(name, 'unknown') : unit(name, blocks[i]!)))
}

/** What `systemctl show` printed, by unit in the order of `names`; undefined when it could not be asked. */
export const blocksOf = (
  answer: RecipeFacts[string] | undefined,
  names: readonly string[],
): readonly ReadonlyMap<string, string>[] | undefined => {
  const blocks = answer?.ok ? answer.stdout.trim().split(/\n\n+/) : []
  // one block a name, in the order asked
  return blocks.length === names.length ? blocks.map((block) => joined(block.split('\n').map(pair))) : undefined
}

/** A property may have several lines, as ExecReload has one for each command: all of them count. */
const joined = (pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> => {
  const all = new Map<string, string>()
  for (const [key, value] of pairs) all.set(key, all.has(key) ? `${all.get(key)}\n${value}` : value)
  return all
}

/** A unit of which nothing was read: systemd could not be asked, or the settings name it no longer. */
export const unread = (name: string, state: Unit['state']): Unit => ({
  name,
  state,
  broken: false,
  pid: 0,
  left: '',
  restarts: undefined,
  stopLimit: undefined,
  reloads: false,
  notifies: false,
  kind: kindOf(name),
})

/** Whether a release is or was live: from then on the units have to be there. */
export const everDeployed = ({ layout }: Pick<Context, 'layout'>): boolean => everLive(layout)

/** Which units take which way to be quieted, each way in one call. */
export const quieting = (units: readonly Unit[]): { verb: 'reload' | 'quiet'; names: string[]; known: boolean }[] => {
  const running = units.filter(({ state }) => state === 'running' || state === 'unknown')
  const way = (verb: 'reload' | 'quiet', some: readonly Unit[]) =>
    some.length === 0 ? [] : [{ verb, names: some.map((one) => one.name), known: some.every(({ state }) => state === 'running') }]
  return [
    ...way(
      'reload',
      running.filter((one) => one.reloads),
    ),
    ...way(
      'quiet',
      running.filter((one) => !one.reloads),
    ),
  ]
}

const unit = (name: string, of: ReadonlyMap<string, string>): Unit => {
  const pid = Number(of.get('MainPID') ?? 0)
  const kind = kindOf(name, of.get('Type'))
  return {
    name,
    state: of.get('LoadState') === 'not-found' ? 'missing' : stateOf(of.get('ActiveState') ?? '', kind !== 'service' || pid > 0),
    broken: ['masked', 'bad-setting', 'error'].includes(of.get('LoadState') ?? ''),
    pid,
    left: of.get('ActiveExitTimestampMonotonic') ?? '',
    restarts: of.has('NRestarts') ? Number(of.get('NRestarts')) : undefined,
    stopLimit: seconds(of.get('TimeoutStopUSec') ?? ''),
    reloads: onlyQuiets(of),
    notifies: of.get('Type')?.startsWith('notify') ?? false,
    kind,
  }
}

const kindOf = (name: string, type?: string): Unit['kind'] => {
  if (!name.endsWith('.service')) return 'other'
  return type === 'oneshot' ? 'once' : 'service'
}

const stateOf = (active: string, alive: boolean): Unit['state'] => {
  if (active === 'active' || active === 'reloading') return alive ? 'running' : 'down'
  // starting, or between two tries: nothing to quiet, something to stop
  return active === 'activating' ? 'starting' : 'down'
}

const pair = (line: string): [string, string] => {
  const i = line.indexOf('=')
  return [line.slice(0, i), line.slice(i + 1)]
}
