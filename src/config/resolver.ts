import type { z } from 'zod'
import { thrownByConfig } from './evaluate.ts'
import { lateSettings } from './late.ts'
import type { Layered } from './layer.ts'
import { showPath } from './place.ts'
import type { ConfigPath } from './place.ts'
import { problemsOf } from './problems.ts'
import type { Problem } from './problems.ts'
import type { LocalFacts, StageContext } from './types.ts'

/** Reads layered settings: late ones are computed once, and held to their schema like any other. */
export interface Resolver {
  /** what was found wrong so far */
  readonly problems: Problem[]
  readonly context: StageContext
  readonly envs: readonly string[]
  /** the place that gave a setting; empty when nothing did */
  pathOf(key: string): ConfigPath
  /** undefined where it is nothing that the schema takes, which is then among the problems */
  value<T>(key: string, schema?: z.ZodType): Promise<T>
  /** whether anything is under a prefix */
  has(prefix: string): boolean
  /** what is under a prefix: `vars.`, `settings.sidekiq.` */
  map(prefix: string): Promise<Record<string, unknown>>
  /** empty where one of it is wrong */
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
  const value = async <T>(key: string, schema?: z.ZodType): Promise<T> => {
    const resolved = await late.get(key)
    const wrong = schema && given.has(key) ? problemsOf(schema, resolved) : []
    problems.push(...wrong.map(({ path, message }) => ({ path: [...pathOf(key), ...path], message })))
    return (wrong.length > 0 ? undefined : resolved) as T
  }
  const map = async (prefix: string): Promise<Record<string, unknown>> => {
    const values: Record<string, unknown> = {}
    for (const key of given.keys()) if (key.startsWith(prefix)) values[key.slice(prefix.length)] = await value(key)
    return values
  }
  const list = async (key: 'linkedFiles' | 'linkedDirs', item: z.ZodType): Promise<string[]> => {
    const items: (string | undefined)[] = []
    for (let i = 0; i < counts[key]; i++) items.push(await value<string | undefined>(`${key}[${i}]`, item))
    return items.every((text) => text !== undefined) ? items : []
  }
  const has = (prefix: string): boolean => [...given.keys()].some((key) => key.startsWith(prefix))
  return { problems, has, context: late.context, envs, pathOf, value, map, list }
}
