import type { z } from 'zod'
import { isLackOfEnv, needed } from './env.ts'
import { thrownByConfig } from './evaluate.ts'
import type { Partly } from './lacking.ts'
import { lateSettings } from './late.ts'
import type { Layered } from './layer.ts'
import { showPath } from '../errors/source-location.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { problemsOf } from './problems.ts'
import type { ShipitError } from '../values/errors.ts'
import type { LocalFacts, StageContext } from '../tasks/stage.ts'

/** Reads layered settings. Late ones are computed once, and checked against their schema like any other. */
export interface Resolver {
  /** the problems found so far */
  readonly problems: Problem[]
  readonly context: StageContext
  readonly envs: readonly string[]
  /** where a setting was given; empty if nowhere */
  pathOf(key: string): ConfigPath
  /** undefined if the schema rejects the value; the reason is then in `problems` */
  value<T>(key: string, schema?: z.ZodType): Promise<T>
  /** the same for a setting that not every run needs: `lack` is the error if variables are not set */
  optional<T>(key: string, schema?: z.ZodType): Promise<{ readonly value?: T; readonly lack?: ShipitError }>
  /** whether any setting has this prefix */
  has(prefix: string): boolean
  /** the settings under a prefix: `vars.`, `settings.sidekiq.` */
  map(prefix: string): Promise<Record<string, unknown>>
  /** the same, except that settings that lack variables are in `lacks` */
  partly(prefix: string): Promise<Partly>
  /** empty if one of its items is wrong */
  list(key: 'linkedFiles' | 'linkedDirs', item: z.ZodType): Promise<string[]>
}

export const makeResolver = (o: { stage: string; application: string; local: LocalFacts; file: string; layered: Layered }): Resolver => {
  const { given, envs, counts } = o.layered
  const pathOf = (key: string): ConfigPath => given.get(key)?.path ?? []
  const late = lateSettings({
    stage: o.stage,
    application: o.application,
    local: o.local,
    settings: new Map([...given].map(([key, { value }]) => [key, value])),
    nameOf: (key) => showPath(pathOf(key)),
    blame: (key, error) => thrownByConfig(error, o.file, showPath(pathOf(key))),
  })
  const problems: Problem[] = []
  const optional = async <T>(key: string, schema?: z.ZodType): Promise<{ value?: T; lack?: ShipitError }> => {
    try {
      const resolved = await late.get(key)
      const wrong = schema && given.has(key) ? problemsOf(schema, resolved) : []
      problems.push(...wrong.map(({ path, message }) => ({ path: [...pathOf(key), ...path], message })))
      return wrong.length > 0 ? {} : { value: resolved as T }
    } catch (error) {
      if (isLackOfEnv(error)) return { lack: error }
      throw error
    }
  }
  const value = async <T>(key: string, schema?: z.ZodType): Promise<T> => {
    const { value: resolved, lack } = await optional<T>(key, schema)
    return lack ? (needed(lack) as T) : (resolved as T)
  }
  const map = async (prefix: string): Promise<Record<string, unknown>> => {
    const values: Record<string, unknown> = {}
    for (const key of given.keys()) if (key.startsWith(prefix)) values[key.slice(prefix.length)] = await value(key)
    return values
  }
  const partly = async (prefix: string): Promise<Partly> => {
    const values: Record<string, unknown> = {}
    const lacks = new Map<string, ShipitError>()
    for (const key of given.keys()) {
      if (!key.startsWith(prefix)) continue
      const { value: resolved, lack } = await optional(key)
      if (lack) lacks.set(key.slice(prefix.length), lack)
      else values[key.slice(prefix.length)] = resolved
    }
    return { values, lacks }
  }
  const list = async (key: 'linkedFiles' | 'linkedDirs', item: z.ZodType): Promise<string[]> => {
    const items: (string | undefined)[] = []
    for (let i = 0; i < counts[key]; i++) items.push(await value<string | undefined>(`${key}[${i}]`, item))
    return items.every((text) => text !== undefined) ? items : []
  }
  const has = (prefix: string): boolean => [...given.keys()].some((key) => key.startsWith(prefix))
  return { problems, has, context: late.context, envs, pathOf, value, optional, map, partly, list }
}
