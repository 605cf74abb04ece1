import { ShipitError, usageError } from '../values/errors.ts'
import { collectingOwn, isLackOfEnv, needed } from './env.ts'
import { isPromise } from '../values/promise.ts'
import { waiting } from '../values/waiting.ts'
import type { LocalFacts, StageContext } from '../tasks/stage.ts'

type Compute = (c: StageContext) => unknown
interface Cell {
  state: 'idle' | 'running' | 'waiting' | 'done' | 'failed'
  readonly compute: Compute
  value?: unknown
  ended?: Promise<void>
}

export interface LateOptions {
  readonly stage: string
  readonly application: string
  readonly local: LocalFacts
  /** key (`deployTo`, `vars.port`, `linkedDirs[0]`) → a value, or a function that computes it */
  readonly settings: ReadonlyMap<string, unknown>
  /** the name of a setting as the config writes it */
  readonly nameOf: (key: string) => string
  /** adds the place in the config to an error that a function threw */
  readonly blame: (key: string, error: unknown) => ShipitError
}

/**
 * Settings that are functions, each computed once, when first read. They read each other through their context. A function that reads a
 * setting still being fetched is started again once that setting is there. Circular settings are an error of `get`; its message names them.
 */
export const lateSettings = (o: LateOptions): { get(key: string): Promise<unknown>; readonly context: StageContext } => {
  const cells = new Map<string, Cell>()
  const waits = new Map<string, string>()
  for (const [key, value] of o.settings) {
    if (typeof value === 'function') cells.set(key, { state: 'idle', compute: value as Compute })
    else cells.set(key, { state: 'done', compute: () => value, value })
  }

  const read = (key: string, chain: readonly string[]): unknown => {
    const cell = cells.get(key)
    if (!cell) return undefined
    if (cell.state === 'idle' && !chain.includes(key)) start(key, cell, chain)
    if (cell.state === 'done') return cell.value
    // read by another setting: report what both lack together
    if (cell.state === 'failed' && chain.length > 0 && isLackOfEnv(cell.value)) return needed(cell.value)
    if (cell.state === 'failed') throw cell.value
    if (chain.includes(key)) throw cycle([...chain.slice(chain.indexOf(key)), key])
    if (cell.state === 'running') throw cycle([key, ...chain.slice(-1), key])
    throw new Pending(key)
  }

  const start = (key: string, cell: Cell, chain: readonly string[]): void => {
    cell.state = 'running'
    let made: unknown
    try {
      made = compute(key, cell, chain)
      if (!isPromise(made)) return settle(cell, made)
    } catch (error) {
      if (!(error instanceof Pending)) return fail(key, cell, error)
      made = Promise.reject(error)
    }
    cell.state = 'waiting'
    cell.ended = finish(key, cell, chain, made as Promise<unknown>)
  }

  const compute = (key: string, cell: Cell, chain: readonly string[]): unknown =>
    collectingOwn(
      () => cell.compute(contextFor([...chain, key])),
      (error) => error instanceof Pending,
    )

  const finish = async (key: string, cell: Cell, chain: readonly string[], first: Promise<unknown>): Promise<void> => {
    let attempt = first
    for (;;) {
      try {
        return settle(cell, await waiting(o.nameOf(key), attempt))
      } catch (error) {
        if (!(error instanceof Pending)) return fail(key, cell, error)
        const round = circle(key, error.key)
        if (round) return fail(key, cell, cycle(round))
        waits.set(key, error.key)
        await cells.get(error.key)?.ended
        waits.delete(key)
        attempt = (async () => await compute(key, cell, chain))()
      }
    }
  }

  /** The cycle from `from` to `to` and back, along the waits; undefined if there is none. */
  const circle = (from: string, to: string): string[] | undefined => {
    const way = [from, to]
    for (let at = to; at !== from; way.push(at)) {
      const next = waits.get(at)
      if (next === undefined) return undefined
      at = next
    }
    return way
  }

  const settle = (cell: Cell, value: unknown): void => {
    cell.state = 'done'
    cell.value = value
  }
  const fail = (key: string, cell: Cell, error: unknown): void => {
    cell.state = 'failed'
    cell.value = error instanceof ShipitError ? error : o.blame(key, error)
  }

  const contextFor = (chain: readonly string[]): StageContext => {
    const vars = {}
    for (const key of cells.keys()) {
      if (key.startsWith('vars.')) Object.defineProperty(vars, key.slice(5), { enumerable: true, get: () => read(key, chain) })
    }
    return Object.freeze({
      stage: o.stage,
      application: o.application,
      local: o.local,
      vars: Object.freeze(vars),
      get deployTo() {
        return read('deployTo', chain) as string
      },
    })
  }

  const get = async (key: string): Promise<unknown> => {
    for (;;) {
      try {
        return read(key, [])
      } catch (error) {
        if (!(error instanceof Pending)) throw error
        await cells.get(error.key)?.ended
      }
    }
  }
  return { get, context: contextFor([]) }
}

/** Thrown out of a function that reads a setting still being fetched. */
class Pending extends Error {
  readonly key: string
  constructor(key: string) {
    super(`${key} is still being fetched`)
    this.key = key
  }
}

const cycle = (keys: readonly string[]): ShipitError =>
  usageError(`settings that wait for each other: ${keys.join(' → ')}`, { hint: 'give one of them a value that needs none of the others' })
