import type { z } from 'zod'
import { valueAt, type ExplainedSetting } from '../config/explain-settings.ts'
import { parseSetArgument } from '../config/set-argument.ts'
import { unknownSetting, type RecipeSchemas } from '../config/set-option.ts'
import type { Raw } from '../config/raw-config.ts'
import { schemasOf } from '../config/recipes.ts'
import type { StageSources } from '../config/stage.ts'
import type { ConfigPath } from '../errors/source-location.ts'
import { schemas as core } from '../settings/derived.ts'
import { leavesAt, shapeOf } from '../settings/zod-introspection.ts'
import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'

/**
 * The settings under these keys, in the order of the keys: `git` is all of its settings, `linkedDirs[0]` a part of one. A setting without
 * a value is there without origins. Throws (usage) for all keys that name nothing, with the nearest.
 */
export const findSettings = (
  keys: readonly string[],
  all: readonly ExplainedSetting[],
  { sources, config, hint }: { readonly sources: StageSources; readonly config: Raw; readonly hint: string },
): readonly ExplainedSetting[] => {
  const known = { all, schemas: schemasOf(sources.recipes), stageVars: config.stageVars }
  const wrong: string[] = []
  const found = keys.flatMap((key) => {
    const path = parseSetArgument(`${key}=`)?.path
    const settings = path && (matching(path, all) ?? (isDeclared(path, known) ? [unset(path)] : undefined))
    if (settings === undefined) wrong.push(path === undefined ? `"${key}" is not a setting` : unknownKey(path, known))
    return settings ?? []
  })
  if (wrong.length > 0) throw usageError(wrong.join('\n'), { hint: `see them all: ${hint}` })
  return [...new Map(found.map((one) => [dotted(one.path), one])).values()]
}

interface Known {
  readonly all: readonly ExplainedSetting[]
  readonly schemas: RecipeSchemas
  /** what the config declares */
  readonly stageVars: z.ZodObject | undefined
}

/** Names may contain dots, as those of vars do. */
const dotted = (path: ConfigPath): string => path.join('.')

const matching = (path: ConfigPath, all: readonly ExplainedSetting[]): readonly ExplainedSetting[] | undefined => {
  const key = dotted(path)
  const inside = all.filter((one) => `${dotted(one.path)}.`.startsWith(`${key}.`))
  // a setting that you name in full must be known
  for (const { missing } of inside.filter((one) => dotted(one.path) === key)) if (missing) throw missing
  if (inside.length > 0) return inside
  // a part of a value, such as an item of a list
  const holder = all.find((one) => key.startsWith(`${dotted(one.path)}.`))
  if (holder?.missing) throw holder.missing
  const rest = holder && path.slice(path.findIndex((_, i) => dotted(path.slice(0, i + 1)) === dotted(holder.path)) + 1)
  const value = rest && valueAt(holder!.value, rest)
  return value === undefined ? undefined : [{ ...holder!, path, value }]
}

/** Settings that no layer but the config has. */
const OF_CONFIG: readonly string[] = ['hostVars', 'stageVars']

const unset = (path: ConfigPath): ExplainedSetting => ({ path, value: undefined, missing: undefined, origins: [] })

/** Whether a schema declares this setting, inside settings that there are. */
const isDeclared = (path: ConfigPath, known: Known): boolean => {
  const [head, ...rest] = path
  if (typeof head !== 'string') return false
  if (OF_CONFIG.includes(head)) return rest.length === 0
  const isCore = Object.hasOwn(core, head)
  const schema: z.ZodType | undefined = isCore
    ? ((head === 'vars' ? known.stageVars : undefined) ?? core[head as keyof typeof core])
    : Object.hasOwn(known.schemas, head)
      ? known.schemas[head]!.schema
      : undefined
  if (rest.length === 0) return isCore || Object.hasOwn(known.schemas, head)
  const parent = path.slice(0, -1)
  if (matching(parent, known.all) === undefined && !isDeclared(parent, known)) return false
  return schema !== undefined && leavesAt(schema, rest.slice(0, -1)).some((one) => Object.hasOwn(shapeOf(one), rest.at(-1)!))
}

const unknownKey = (path: ConfigPath, { all, schemas, stageVars }: Known): string => {
  const message = unknownSetting(path, schemas)
  if (!message.startsWith('unknown setting') || message.includes('did you mean')) return message
  const names = [...all.map((one) => dotted(one.path)), ...Object.keys(stageVars?.shape ?? {}).map((name) => `vars.${name}`), ...OF_CONFIG]
  return `${message}${didYouMean(dotted(path), names)}`
}
