import { everLive, type RecipeFacts } from '../../src/index.ts'
import type { Context } from './scope.ts'
import { onlyQuiets } from './reload.ts'
import { seconds } from './timespan.ts'

/** A unit as it was when the host was read, before this run changed anything. */
export interface Unit {
  readonly name: string
  /** `unknown`: the host's systemd did not answer; its commands will report why */
  readonly state: 'missing' | 'running' | 'starting' | 'down' | 'unknown'
  /** masked, or its file cannot be read: no start would succeed */
  readonly broken: boolean
  /** 0: none */
  readonly pid: number
  /** systemd's timestamp of its last stop or end, to compare with a later one */
  readonly left: string
  /** how often systemd has restarted it since the last manual start; undefined: systemd before 235 does not report it */
  readonly restarts: number | undefined
  /** seconds until systemd kills what it stops; undefined: never, or not known */
  readonly stopLimit: number | undefined
  /** a reload only sends TSTP to its main process */
  readonly reloads: boolean
  /** systemd knows when it is up, so `start` returns only then */
  readonly notifies: boolean
  /** `once`: a service that ends when its work is done; `other`: a socket, a timer … without a process of its own */
  readonly kind: 'service' | 'once' | 'other'
}

/** The units in the fact `units`, in the order of `names`. */
export const unitsOf = (facts: RecipeFacts, names: readonly string[]): readonly Unit[] => {
  const blocks = blocksOf(facts.units, names)
  return names.map((name, i) => (blocks === undefined ? unread(name, 'unknown') : unit(name, blocks[i]!)))
}

/** What `systemctl show` printed about each unit, in the order of `names`; undefined if systemd did not answer. */
export const blocksOf = (
  answer: RecipeFacts[string] | undefined,
  names: readonly string[],
): readonly ReadonlyMap<string, string>[] | undefined => {
  const blocks = answer?.ok ? answer.stdout.trim().split(/\n\n+/) : []
  // one block for each name, in the order asked
  return blocks.length === names.length ? blocks.map((block) => joined(block.split('\n').map(pair))) : undefined
}

/** A property may have several lines, such as ExecReload with one for each command: all of them count. */
const joined = (pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> => {
  const all = new Map<string, string>()
  for (const [key, value] of pairs) all.set(key, all.has(key) ? `${all.get(key)}\n${value}` : value)
  return all
}

/** A unit about which nothing was read: systemd did not answer, or the settings no longer name it. */
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

/** Whether a release is or was live: from then on, the units must exist. */
export const everDeployed = ({ layout }: Pick<Context, 'layout'>): boolean => everLive(layout)

/** How to quiet the units: one call for each way, with its units. */
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
  // starting, or between two attempts: nothing to quiet, but something to stop
  return active === 'activating' ? 'starting' : 'down'
}

const pair = (line: string): [string, string] => {
  const i = line.indexOf('=')
  return [line.slice(0, i), line.slice(i + 1)]
}
