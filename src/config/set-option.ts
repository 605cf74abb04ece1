import type { z } from 'zod'
import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { secret } from '../values/secret.ts'
import { leavesAt, shapeOf } from '../settings/zod-introspection.ts'
import type { Patch } from './patch.ts'
import type { ConfigPath } from '../errors/source-location.ts'
import { problemsOf } from '../settings/zod-problems.ts'
import { newName } from '../settings/renamed.ts'
import { JOINED, KEYED, schemas as settings } from '../settings/derived.ts'
import type { SettingsLayer } from '../settings/layer.ts'
import { parseSetArgument } from './set-argument.ts'
import type { SetArgument } from './set-argument.ts'
import { parseBySchema } from './parse-by-schema.ts'

/** The layer of the command line, the last one. */
export interface CommandLine {
  /** core settings, each as a whole */
  readonly layer: SettingsLayer
  /** recipe → setting → its patches, in order */
  readonly recipes: ReadonlyMap<string, ReadonlyMap<string, readonly Patch[]>>
  /** `vars.…` without the first word: what they mean depends on the vars of the stage and its hosts */
  readonly vars: readonly (SetArgument & { readonly typed: string })[]
}

type Schemas = Readonly<Record<string, z.ZodType | undefined>>
/** By the name that a recipe is used under: its own name, and the schema of its settings. */
export type RecipeSchemas = Readonly<Record<string, { readonly recipe: string; readonly schema: z.ZodType | undefined }>>

/**
 * `--set keepReleases=3`, `--set vars.port=80`, `--set sidekiq.redis.url=redis://r1`. The type of a setting decides how its text is read.
 * Throws (usage) with everything that is wrong.
 */
export const parseSetOptions = (given: readonly string[], recipes: RecipeSchemas): CommandLine => {
  const layer: Record<string, unknown> = {}
  const byRecipe = new Map<string, Map<string, Patch[]>>()
  const vars: CommandLine['vars'][number][] = []
  const problems: string[] = []
  for (const typed of given) {
    const set = parseSetArgument(typed)
    if (!set) {
      problems.push(`--set ${typed}: write --set key=value`)
      continue
    }
    const [head, ...rest] = set.path as [string, ...ConfigPath]
    // registers the secret before an error can print it
    if (SECRET_NAME.test(String(set.path.at(-1))) && set.text !== '') secret(set.text)
    if (head === 'vars' && rest.length > 0) {
      vars.push({ path: rest, text: set.text, typed })
      continue
    }
    const isCore = Object.hasOwn(settings, head)
    const read = isCore ? readCore(head, rest, set.text) : readRecipe(head, rest, set.text, recipes)
    if ('wrong' in read) problems.push(`--set ${typed}: ${read.wrong}`)
    else if (!isCore) {
      const of = byRecipe.get(head) ?? new Map<string, Patch[]>()
      const [key, ...inside] = rest as [string, ...ConfigPath]
      byRecipe.set(head, of.set(key, [...(of.get(key) ?? []), { inside, value: read.value, typed }]))
    } else if (rest.length === 0) layer[head] = read.value
    else layer[head] = { ...(layer[head] as Record<string, unknown> | undefined), [rest.join('.')]: read.value }
  }
  if (problems.length > 0) throw usageError(problems.join('\n'))
  return { layer: layer as SettingsLayer, recipes: byRecipe, vars }
}

const SECRET_NAME = /(?:passw(?:or)?d|passphrase|secret|token|credentials?|api_?key|private_?key)$/i

type Parsed = { readonly value: unknown } | { readonly wrong: string }

const MAPS: readonly string[] = JOINED

const readCore = (head: string, rest: ConfigPath, text: string): Parsed => {
  const schema = (settings as Schemas)[head]!
  const map = MAPS.includes(head)
  if (map && rest.length === 0) return { wrong: `${head} is an object: name one of its settings, --set ${head}.…=value` }
  if (rest.length > (map && head !== 'env' ? 1 : 0) && head !== 'env') {
    const whole = [head, ...rest.slice(0, map ? 1 : 0)].join('.')
    return leavesAt(schema, rest.slice(0, 1)).length === 0
      ? { wrong: unknownSetting([head, ...rest], {}) }
      : { wrong: `set it as a whole: --set ${whole}=…` }
  }
  const leaves = leavesAt(schema, head === 'env' ? [rest.join('.')] : rest)
  return leaves.length === 0 ? { wrong: unknownSetting([head, ...rest], {}) } : parseByFirst(leaves, text)
}

const readRecipe = (head: string, rest: ConfigPath, text: string, recipes: RecipeSchemas): Parsed => {
  const schema = Object.hasOwn(recipes, head) ? recipes[head]!.schema : undefined
  if (rest.length === 0 && Object.hasOwn(recipes, head))
    return { wrong: `${head} is an object: name one of its settings, --set ${head}.…=value` }
  const leaves = schema && rest.length > 0 ? leavesAt(schema, rest) : []
  return leaves.length === 0 ? { wrong: unknownSetting([head, ...rest], recipes) } : parseByFirst(leaves, text)
}

/** Reads the text by the first schema that accepts it. */
const parseByFirst = (schemas: readonly z.ZodType[], text: string): Parsed => {
  const read = schemas.map((schema) => {
    const value = parseBySchema(text, schema)
    return { value, wrong: problemsOf(schema, value)[0]?.message }
  })
  const fits = read.find(({ wrong }) => wrong === undefined)
  return fits ? { value: fits.value } : { wrong: read[0]!.wrong! }
}

/** Why a path names no setting, with the nearest one. */
export const unknownSetting = (path: ConfigPath, recipes: RecipeSchemas): string => {
  const key = path.join('.')
  if (Object.hasOwn(NOT_SETTABLE, key)) return NOT_SETTABLE[key]!
  const [head, ...rest] = path
  const used = Object.hasOwn(recipes, head!) ? recipes[head!] : undefined
  const renamed = used ? newName(used.recipe, rest) : newName('config', path)
  if (renamed !== undefined) return `${key} is called ${[...path.slice(0, -1), renamed].join('.')} now`
  const schemas = Object.fromEntries(Object.entries(recipes).map(([name, { schema }]) => [name, schema]))
  const sections: Schemas = { ...schemas, ...Object.fromEntries(KEYED.map((name) => [name, settings[name]])) }
  const keys = Object.entries(sections).flatMap(([name, schema]) =>
    schema ? Object.keys(shapeOf(schema)).map((inner) => `${name}.${inner}`) : [],
  )
  const plain = Object.keys(settings).filter((name) => !MAPS.includes(name))
  // inside a setting, also suggest the keys next to the wrong one
  const siblings =
    path.length > 2 && used?.schema ? leavesAt(used.schema, rest.slice(0, -1)).flatMap((one) => Object.keys(shapeOf(one))) : []
  const siblingKeys = siblings.map((inner) => [...path.slice(0, -1), inner].join('.'))
  return `unknown setting "${key}"${didYouMean(key, [...plain, ...keys, ...siblingKeys])}`
}

/** Parts of a config that no layer changes. */
const NOT_SETTABLE: Readonly<Record<string, string>> = {
  application:
    'the name of the application is in the config, at its top or in the stage: records, units and files on the servers are known by it',
  servers: 'the servers are in the config: --hosts and --roles choose among them',
  hostVars: 'hostVars is the schema of the vars of servers, and only the config has it: --set vars.NAME=VALUE sets a var',
  stageVars: 'stageVars is the schema of vars, and only the config has it: --set vars.NAME=VALUE sets a var',
}
