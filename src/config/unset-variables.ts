import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { LATE, LISTS, schemas, SETTLED, type SettingName } from '../settings/derived.ts'

/**
 * Settings that are read straight from `process.env`, from a variable that is not set. They would get their defaults, so a mistyped name
 * would deploy another branch. Only a value that is nothing but such a variable counts: any other `undefined` may be meant, as in
 * `env('NAME', undefined)`. The same for an item of a list, which would be left out. Stages that are functions, and settings of recipes, are
 * not looked at.
 */
export const unsetVariables = async (value: unknown, file: string, text: string): Promise<Problem[]> => {
  const missing = layersOf(value).flatMap(({ path, layer }): Missing[] => [
    ...[...LATE, ...SETTLED]
      .filter((key) => Object.hasOwn(layer, key) && layer[key] === undefined)
      .map((key) => ({ key, path: [...path, key], before: String.raw`\b${key}['"]?\s*:\s*` })),
    ...[...LISTS, 'servers'].flatMap((key) =>
      gapsOf(layer[key]).map((inside) => ({ path: [...path, key, ...inside], before: String.raw`(?:^|[[,:])\s*` })),
    ),
  ])
  if (missing.length === 0) return []
  const { locator } = await import('./locate/locator.ts')
  const locate = await locator(file, text)
  const rows = text.split('\n')
  return missing.flatMap(({ key, path, before }) => {
    const row = rows[(locate(path) ?? 0) - 1] ?? ''
    const reads = new RegExp(`${before}process\\.env(?:\\.(\\w+)|\\[['"](\\w+)['"]\\])!?\\s*(?:as \\w+\\s*)?(?=[,}\\]]|//|$)`, 'g')
    const names = [...row.matchAll(reads)].map(([, dotted, quoted]) => dotted ?? quoted!)
    const name = names.find((one) => process.env[one] === undefined)
    if (name === undefined) return []
    return [{ path, message: `process.env.${name} is not set: ${remedyFor(key, name)}` }]
  })
}

interface Missing {
  /** the setting; undefined for an item of a list */
  readonly key?: SettingName
  readonly path: ConfigPath
  /** an expression for what is before the variable in its line */
  readonly before: string
}

/** How to read a variable for a setting: a variable is a string, which a setting that is a number or a boolean does not take. */
const remedyFor = (key: SettingName | undefined, name: string): string => {
  const type = key === undefined ? 'string' : schemas[key].def.type
  if (type === 'boolean') return `read it with env.flag('${name}')`
  const read = type === 'number' ? 'env.int' : 'env'
  return `read it with ${read}('${name}'), or give a fallback, ${read}('${name}', ${type === 'number' ? '5' : "'…'"})`
}

/** The places of the items of a list, or of lists by role, that are undefined. */
const gapsOf = (value: unknown): ConfigPath[] => {
  if (isObject(value)) return Object.entries(value).flatMap(([role, list]) => gapsIn(list).map((i) => [role, i]))
  return gapsIn(value).map((i) => [i])
}

const gapsIn = (list: unknown): number[] => (Array.isArray(list) ? list.flatMap((item: unknown, i) => (item === undefined ? [i] : [])) : [])

/** The config and its stages. */
const layersOf = (value: unknown): { path: ConfigPath; layer: Readonly<Record<string, unknown>> }[] => {
  if (!isObject(value)) return []
  const stages = isObject(value['stages']) ? Object.entries(value['stages']) : []
  return [{ path: [], layer: value }, ...stages.flatMap(([name, layer]) => (isObject(layer) ? [{ path: ['stages', name], layer }] : []))]
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
