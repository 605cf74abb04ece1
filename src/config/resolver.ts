import type { z } from 'zod'
import { isEnvError, requireVariable } from './env-issues.ts'
import { configCodeError } from './evaluate.ts'
import type { PartialValues } from './missing-variables.ts'
import { createComputedSettings } from './computed-settings.ts'
import type { Layered } from './layer-settings.ts'
import { showPath } from '../errors/source-location.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { problemsOf } from '../settings/zod-problems.ts'
import { isWrongVar, varChecks } from './var-checks.ts'
import { isPresent } from '../values/absent.ts'
import type { ShipitError } from '../values/errors.ts'
import type { LocalFacts, StageContext } from '../settings/types.ts'

/** Reads layered settings. Late ones are computed once, and checked against their schema like any other. */
export interface Resolver {
  /** the problems found so far */
  readonly problems: Problem[]
  readonly context: StageContext
  readonly envs: readonly string[]
  /** where a setting was given; empty if nowhere */
  pathOf(key: string): ConfigPath
  /** undefined if the schema rejects the value, or that of a var that it reads; the reason is then in `problems` */
  value<T>(key: string, schema?: z.ZodType): Promise<T>
  /** the same for a setting that not every run needs: `missing` is the error if variables are not set, or a var that it reads is wrong */
  optional<T>(key: string, schema?: z.ZodType): Promise<{ readonly value?: T; readonly missing?: ShipitError }>
  /** whether any setting has this prefix */
  has(prefix: string): boolean
  /** the settings under a prefix: `vars.`, `settings.sidekiq.` */
  map(prefix: string): Promise<Record<string, unknown>>
  /** the same, except that settings that lack variables are in `missing` */
  partly(prefix: string): Promise<PartialValues>
  /**
   * The items by their numbers in the config, with gaps for those that are absent; empty if one of them is wrong. `settled`: the schema of
   * an item whose own members are not late any more.
   */
  list<T>(key: 'linkedFiles' | 'linkedDirs', settled: z.ZodType<T>): Promise<(T | undefined)[]>
}

interface ResolverOptions {
  readonly stage: string
  readonly application: string
  readonly local: LocalFacts
  readonly file: string
  readonly layered: Layered
  /** the schema of the config for `vars` */
  readonly stageVars: z.ZodObject | undefined
}

export const makeResolver = (o: ResolverOptions): Resolver => {
  const { given, envs, counts } = o.layered
  const pathOf = (key: string): ConfigPath => given.get(key)?.path ?? []
  const problems: Problem[] = []
  const computed = createComputedSettings({
    stage: o.stage,
    application: o.application,
    local: o.local,
    settings: new Map([...given].map(([key, { value }]) => [key, value])),
    checks: varChecks(o.stageVars, { stage: o.stage, given, problems }),
    nameOf: (key) => showPath(pathOf(key)),
    locateError: (key, error) => configCodeError(error, o.file, showPath(pathOf(key))),
  })
  const optional = async <T>(key: string, schema?: z.ZodType): Promise<{ value?: T; missing?: ShipitError }> => {
    try {
      const resolved = await computed.get(key)
      const wrong = schema && given.has(key) ? problemsOf(schema, resolved) : []
      problems.push(...wrong.map(({ path, message }) => ({ path: [...pathOf(key), ...path], message })))
      return wrong.length > 0 ? {} : { value: resolved as T }
    } catch (error) {
      if (isEnvError(error) || isWrongVar(error)) return { missing: error }
      throw error
    }
  }
  const value = async <T>(key: string, schema?: z.ZodType): Promise<T> => {
    const { value: resolved, missing } = await optional<T>(key, schema)
    return missing && !isWrongVar(missing) ? (requireVariable(missing) as T) : (resolved as T)
  }
  const map = async (prefix: string): Promise<Record<string, unknown>> => {
    const values: Record<string, unknown> = {}
    for (const key of given.keys()) if (key.startsWith(prefix)) values[key.slice(prefix.length)] = await value(key)
    return values
  }
  const partly = async (prefix: string): Promise<PartialValues> => {
    const values: Record<string, unknown> = {}
    const missing = new Map<string, ShipitError>()
    for (const key of given.keys()) {
      if (!key.startsWith(prefix)) continue
      const { value: resolved, missing: error } = await optional(key)
      if (error) missing.set(key.slice(prefix.length), error)
      else values[key.slice(prefix.length)] = resolved
    }
    return { values, missing }
  }
  const list = async <T>(key: 'linkedFiles' | 'linkedDirs', settled: z.ZodType<T>): Promise<(T | undefined)[]> => {
    const before = problems.length
    const items: (T | undefined)[] = []
    for (let i = 0; i < counts[key]; i++) {
      const at = `${key}[${i}]`
      const item = await withLateMembers(await value<unknown>(at), at, { given, value })
      const wrong = isPresent(item) && given.has(at) ? problemsOf(settled, item) : []
      problems.push(...wrong.map(({ path, message }) => ({ path: [...pathOf(at), ...path], message })))
      items.push(isPresent(item) ? (item as T) : undefined)
    }
    return problems.length > before ? [] : items
  }
  const has = (prefix: string): boolean => [...given.keys()].some((key) => key.startsWith(prefix))
  return { problems, has, context: computed.context, envs, pathOf, value, optional, map, partly, list }
}

/** An object with its members that are functions computed: each has a key of its own. */
const withLateMembers = async (
  item: unknown,
  at: string,
  { given, value }: Pick<Layered, 'given'> & Pick<Resolver, 'value'>,
): Promise<unknown> => {
  if (typeof item !== 'object' || item === null) return item
  const late = Object.entries(item).filter(([name, member]) => typeof member === 'function' && given.get(`${at}.${name}`)?.value === member)
  const computed = await Promise.all(late.map(async ([name]) => [name, await value(`${at}.${name}`)] as const))
  return { ...item, ...Object.fromEntries(computed) }
}
