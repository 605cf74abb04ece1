import { ShipitError, usageError } from '../values/errors.ts'
import { collectSettingErrors, isEnvError, requireVariable } from './env-issues.ts'
import { isPromise } from '../values/promise.ts'
import { waiting } from '../values/waiting.ts'
import type { LocalFacts, StageContext } from '../settings/types.ts'

type Compute = (c: StageContext) => unknown
/** Makes the value of the computed one, or throws. */
type Check = (value: unknown) => unknown
interface Cell {
  state: 'idle' | 'running' | 'waiting' | 'done' | 'failed'
  readonly compute: Compute
  readonly check: Check | undefined
  value?: unknown
  ended?: Promise<void>
}

export interface ComputedOptions {
  readonly stage: string
  readonly application: string
  readonly local: LocalFacts
  /** key (`deployTo`, `vars.port`, `linkedDirs[0]`) → a value, or a function that computes it */
  readonly settings: ReadonlyMap<string, unknown>
  /** by key: what makes the value of the one that was given or computed; it throws if that is wrong */
  readonly checks?: ReadonlyMap<string, Check>
  /** the name of a setting as the config writes it */
  readonly nameOf: (key: string) => string
  /** adds the place in the config to an error that a function threw */
  readonly locateError: (key: string, error: unknown) => ShipitError
}

interface State {
  readonly options: ComputedOptions
  readonly cells: ReadonlyMap<string, Cell>
  /** setting → the setting that it waits for */
  readonly waits: Map<string, string>
}
/** The settings that read one another, from the first one to the one that reads now; empty if no setting reads. */
type Chain = readonly string[]

/**
 * Settings that are functions, each computed once, when first read. They read each other through their context. A function that reads a
 * setting still being fetched is started again once that setting is there. Circular settings are an error of `get`; its message names them.
 */
export const createComputedSettings = (
  options: ComputedOptions,
): { get(key: string): Promise<unknown>; readonly context: StageContext } => {
  const cells = new Map([...options.settings].map(([key, value]) => [key, cellOf(value, options.checks?.get(key))]))
  const state: State = { options, cells, waits: new Map() }
  return { get: (key) => get(state, key), context: contextFor(state, []) }
}

const cellOf = (value: unknown, check: Check | undefined): Cell => {
  if (typeof value === 'function') return { state: 'idle', compute: value as Compute, check }
  return { ...(check ? { state: 'idle' } : { state: 'done', value }), compute: () => value, check }
}

const get = async (state: State, key: string): Promise<unknown> => {
  for (;;) {
    try {
      return read(state, key, [])
    } catch (error) {
      if (!(error instanceof Pending)) throw error
      await state.cells.get(error.key)?.ended
    }
  }
}

/** The value of a setting. Throws Pending while it is being fetched, and the error that it ended with. */
const read = (state: State, key: string, chain: Chain): unknown => {
  const cell = state.cells.get(key)
  if (!cell) return undefined
  if (cell.state === 'idle' && !chain.includes(key)) start(state, key, cell, chain)
  if (cell.state === 'done') return cell.value
  // read by another setting: report what both lack together
  if (cell.state === 'failed' && chain.length > 0 && isEnvError(cell.value)) return requireVariable(cell.value)
  if (cell.state === 'failed') throw cell.value
  if (chain.includes(key)) throw cycleError([...chain.slice(chain.indexOf(key)), key])
  if (cell.state === 'running') throw cycleError([key, ...chain.slice(-1), key])
  throw new Pending(key)
}

/** Begins to compute a setting; ends it at once unless it has to wait. */
const start = (state: State, key: string, cell: Cell, chain: Chain): void => {
  cell.state = 'running'
  let result: unknown
  try {
    result = compute(state, key, cell, chain)
    if (!isPromise(result)) return settle(cell, result)
  } catch (error) {
    if (!(error instanceof Pending)) return fail(state, key, cell, error)
    result = Promise.reject(error)
  }
  cell.state = 'waiting'
  cell.ended = finish(state, key, cell, chain, result as Promise<unknown>)
}

const compute = (state: State, key: string, cell: Cell, chain: Chain): unknown =>
  collectSettingErrors(
    () => cell.compute(contextFor(state, [...chain, key])),
    (error) => error instanceof Pending,
  )

/** Waits for a setting, and computes it again as often as it reads one that is still being fetched. */
const finish = async (state: State, key: string, cell: Cell, chain: Chain, first: Promise<unknown>): Promise<void> => {
  let attempt = first
  for (;;) {
    try {
      return settle(cell, await waiting(state.options.nameOf(key), attempt))
    } catch (error) {
      if (!(error instanceof Pending)) return fail(state, key, cell, error)
      const keys = findCycle(state.waits, key, error.key)
      if (keys) return fail(state, key, cell, cycleError(keys))
      state.waits.set(key, error.key)
      await state.cells.get(error.key)?.ended
      state.waits.delete(key)
      attempt = (async () => await compute(state, key, cell, chain))()
    }
  }
}

/** The cycle from `from` to `to` and back, along the waits; undefined if there is none. */
const findCycle = (waits: State['waits'], from: string, to: string): string[] | undefined => {
  const keys = [from, to]
  for (let at = to; at !== from; keys.push(at)) {
    const next = waits.get(at)
    if (next === undefined) return undefined
    at = next
  }
  return keys
}

const settle = (cell: Cell, value: unknown): void => {
  cell.value = cell.check ? cell.check(value) : value
  cell.state = 'done'
}
const fail = ({ options }: State, key: string, cell: Cell, error: unknown): void => {
  cell.state = 'failed'
  cell.value = error instanceof ShipitError ? error : options.locateError(key, error)
}

/** The context that the function of a setting gets; `chain` ends with that setting. */
const contextFor = (state: State, chain: Chain): StageContext => {
  const { stage, application, local } = state.options
  const vars = {}
  for (const key of state.cells.keys()) {
    if (key.startsWith('vars.')) Object.defineProperty(vars, key.slice(5), { enumerable: true, get: () => read(state, key, chain) })
  }
  return Object.freeze({
    stage,
    application,
    local,
    vars: Object.freeze(vars),
    get deployTo() {
      return read(state, 'deployTo', chain) as string
    },
  })
}

/** Thrown out of a function that reads a setting still being fetched. */
class Pending extends Error {
  readonly key: string
  constructor(key: string) {
    super(`${key} is still being fetched`)
    this.key = key
  }
}

const cycleError = (keys: readonly string[]): ShipitError =>
  usageError(`circular settings: ${keys.join(' → ')}`, { hint: 'give one of them a value that needs none of the others' })
