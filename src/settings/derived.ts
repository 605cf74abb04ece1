import { z } from 'zod'
import { listOf, schemaByKind } from './schema-by-kind.ts'
import { core } from './core.ts'
import type { SettingsLayer } from './layer.ts'
import type { Setting, SettledOf } from './setting.ts'

// What follows from the table of settings.

type Core = typeof core
export type SettingName = keyof Core
/** The settings that a stage has as they were given: those that are never late and replace each other. */
export type SettledSettings = SettledOf<Core>

const table: Readonly<Record<SettingName, Setting>> = core
const names = Object.keys(core) as readonly SettingName[]
const isList = (one: Setting): boolean => one.join === undefined && one.late === 'each'
const namesOf = <N extends SettingName>(is: (one: Setting) => boolean): readonly N[] => names.filter((name): name is N => is(table[name]))

/** The schema of each setting once it is no longer late. */
export const schemas = Object.fromEntries(names.map((name) => [name, core[name].schema])) as {
  readonly [K in SettingName]: Core[K]['schema']
}
/** The settings with settings of their own, which layers join: `ssh`, `git`, `env`, `vars`. */
export const JOINED = namesOf((one) => one.join !== undefined)
/** Those of {@link JOINED} that a layer overrides key by key. */
export const KEYED = namesOf<'ssh' | 'git' | 'vars' | 'commands'>((one) => one.join === 'keys')
/** Lists whose items may be late. A layer replaces the whole list. */
export const LISTS = namesOf<'linkedFiles' | 'linkedDirs'>(isList)
/** Settings that may be functions as a whole. */
export const LATE = namesOf((one) => one.late === 'whole')
/** The names of {@link SettledSettings}. */
export const SETTLED = namesOf<keyof SettledSettings>((one) => one.join === undefined && one.late === undefined)

/** The defaults of the settings that have one. */
export const defaults = (application: string): SettingsLayer =>
  Object.fromEntries(
    names.flatMap((name) => {
      const given: unknown = table[name].default
      if (given === undefined) return []
      return [[name, typeof given === 'function' ? (given as (of: { application: string }) => unknown)({ application }) : given]]
    }),
  )

const late = (schema: z.ZodType): z.ZodType => schemaByKind({ function: null, other: schema })
/** An object with late values. A schema of unknown values takes functions anyway. */
const lateValues = (schema: z.ZodType): z.ZodType =>
  schema instanceof z.ZodRecord && !(schema.valueType instanceof z.ZodUnknown)
    ? z.record(schema.keyType as z.ZodType<string>, late(schema.valueType as z.ZodType))
    : schema
const asGiven = (one: Setting): z.ZodType => {
  if (one.late === 'whole') return late(one.schema)
  if (isList(one)) return listOf(late((one.schema as z.ZodArray<z.ZodType>).element))
  return one.late === 'each' ? lateValues(one.schema) : one.schema
}
/** The schema of each setting in a config, where it may be late. */
export const givenSchemas = Object.fromEntries(names.map((name) => [name, asGiven(table[name])])) as {
  readonly [K in SettingName]: z.ZodType
}
