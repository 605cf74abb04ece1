import { everLive } from '../../src/index.ts'
import type { ProbeResult, StepsContext } from '../../src/index.ts'
import { parseProperties, parseTimespan, reloadOnlyQuiets, type Properties } from './properties.ts'

/** A unit as it was when the host was read, before this run changed anything. */
export interface Unit {
  readonly name: string
  /** `unknown`: the host's systemd did not answer, and `failed` has the output instead */
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
  /** what systemctl printed; empty if systemd did not answer */
  readonly properties: Properties
  /** the output instead, if systemd did not answer */
  readonly failed?: ProbeResult
}

/** Parses the answer of `systemctl show` for units, in the order of `names`. */
export const parseUnits =
  (names: readonly string[]) =>
  (answer: ProbeResult): readonly Unit[] => {
    const blocks = parseProperties(answer, names)
    return names.map((name, i) => (blocks === undefined ? { ...unreadUnit(name, 'unknown'), failed: answer } : unit(name, blocks[i]!)))
  }

/** The units of a host; `unknown` ones if the host was not asked. */
export const unitsOf = (units: readonly Unit[] | undefined, names: readonly string[]): readonly Unit[] =>
  units ?? names.map((name) => unreadUnit(name, 'unknown'))

/** A unit about which nothing was read: systemd did not answer, or the settings no longer name it. */
export const unreadUnit = (name: string, state: Unit['state']): Unit => ({
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
  properties: new Map(),
})

export const namesOf = (units: readonly { readonly name: string }[]): readonly string[] => units.map(({ name }) => name)

/** Whether a release is or was live: from then on, the units must exist. */
export const everDeployed = ({ layout }: Pick<StepsContext, 'layout'>): boolean => everLive(layout)

/** The message about a unit between two attempts: it was started before, ended, and systemd tries again. Undefined for any other unit. */
export const crashLoopMessage = ({ name, state, restarts = 0 }: Unit): string | undefined =>
  state === 'starting' && restarts > 0
    ? `${name} does not stay up: systemd has restarted it ${restarts === 1 ? 'once' : `${restarts} times`}, and it is not up`
    : undefined

/** How to quiet the units: each way, with its units. */
export const waysToQuiet = (units: readonly Unit[]): { verb: 'reload' | 'quiet'; names: string[]; known: boolean }[] =>
  (['reload', 'quiet'] as const).flatMap((verb) => {
    const some = units.filter(({ state, reloads }) => (state === 'running' || state === 'unknown') && reloads === (verb === 'reload'))
    return some.length === 0 ? [] : [{ verb, names: some.map(({ name }) => name), known: some.every(({ state }) => state === 'running') }]
  })

const unit = (name: string, properties: Properties): Unit => {
  const pid = Number(properties.get('MainPID') ?? 0)
  const kind = kindOf(name, properties.get('Type'))
  return {
    name,
    state:
      properties.get('LoadState') === 'not-found' ? 'missing' : stateOf(properties.get('ActiveState') ?? '', kind !== 'service' || pid > 0),
    broken: ['masked', 'bad-setting', 'error'].includes(properties.get('LoadState') ?? ''),
    pid,
    left: properties.get('ActiveExitTimestampMonotonic') ?? '',
    restarts: properties.has('NRestarts') ? Number(properties.get('NRestarts')) : undefined,
    stopLimit: parseTimespan(properties.get('TimeoutStopUSec') ?? ''),
    reloads: reloadOnlyQuiets(properties),
    notifies: properties.get('Type')?.startsWith('notify') ?? false,
    kind,
    properties,
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
