import type { z } from 'zod'
import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { secret } from '../values/secret.ts'
import { leavesAt, shapeOf } from './keys.ts'
import type { Patch } from './patch.ts'
import type { ConfigPath } from '../errors/source-location.ts'
import { problemsOf } from './problems.ts'
import type { RawLayer } from './raw.ts'
import { settings } from './schema.ts'
import { readSet } from './setkey.ts'
import type { Typed } from './setkey.ts'
import { textAs } from './text.ts'

/** The layer of the command line, the last one. */
export interface CommandLine {
  /** core settings, each as a whole */
  readonly layer: RawLayer
  /** recipe → setting → its patches, in order */
  readonly recipes: ReadonlyMap<string, ReadonlyMap<string, readonly Patch[]>>
  /** `vars.…` without the first word: what they mean depends on the vars of the stage and its hosts */
  readonly vars: readonly (Typed & { readonly typed: string })[]
}

type Schemas = Readonly<Record<string, z.ZodType | undefined>>

/**
 * `--set keepReleases=3`, `--set vars.port=80`, `--set sidekiq.redis.url=redis://r1`. The type of a setting decides how its text is read.
 * Throws (usage) with everything that is wrong.
 */
export const readSets = (given: readonly string[], recipes: Schemas): CommandLine => {
  const layer: Record<string, unknown> = {}
  const byRecipe = new Map<string, Map<string, Patch[]>>()
  const vars: CommandLine['vars'][number][] = []
  const problems: string[] = []
  for (const typed of given) {
    const set = readSet(typed)
    if (!set) {
      problems.push(`--set ${typed}: write --set key=value`)
      continue
    }
    const [head, ...rest] = set.path as [string, ...ConfigPath]
    // registers the secret before an error can print it
    if (SECRETIVE.test(String(set.path.at(-1))) && set.text !== '') secret(set.text)
    if (head === 'vars' && rest.length > 0) {
      vars.push({ path: rest, text: set.text, typed })
      continue
    }
    const own = Object.hasOwn(settings, head)
    const read = own ? readCore(head, rest, set.text) : readRecipe(head, rest, set.text, recipes)
    if ('wrong' in read) problems.push(`--set ${typed}: ${read.wrong}`)
    else if (!own) {
      const of = byRecipe.get(head) ?? new Map<string, Patch[]>()
      const [key, ...inside] = rest as [string, ...ConfigPath]
      byRecipe.set(head, of.set(key, [...(of.get(key) ?? []), { inside, value: read.value, typed }]))
    } else if (rest.length === 0) layer[head] = read.value
    else layer[head] = { ...(layer[head] as Record<string, unknown> | undefined), [rest.join('.')]: read.value }
  }
  if (problems.length > 0) throw usageError(problems.join('\n'))
  return { layer: layer as RawLayer, recipes: byRecipe, vars }
}

const SECRETIVE = /(?:passw(?:or)?d|passphrase|secret|token|credentials?|api_?key|private_?key)$/i

type Read = { readonly value: unknown } | { readonly wrong: string }

const MAPS = ['ssh', 'git', 'env', 'vars']

const readCore = (head: string, rest: ConfigPath, text: string): Read => {
  const schema = (settings as Schemas)[head]!
  const map = MAPS.includes(head)
  if (map && rest.length === 0) return { wrong: `${head} has settings of its own: --set ${head}.…=value` }
  if (rest.length > (map && head !== 'env' ? 1 : 0) && head !== 'env') {
    const whole = [head, ...rest.slice(0, map ? 1 : 0)].join('.')
    return leavesAt(schema, rest.slice(0, 1)).length === 0
      ? { wrong: unknown([head, ...rest], {}) }
      : { wrong: `set it as a whole: --set ${whole}=…` }
  }
  const leaves = leavesAt(schema, head === 'env' ? [rest.join('.')] : rest)
  return leaves.length === 0 ? { wrong: unknown([head, ...rest], {}) } : asOneOf(leaves, text)
}

const readRecipe = (head: string, rest: ConfigPath, text: string, recipes: Schemas): Read => {
  const schema = Object.hasOwn(recipes, head) ? recipes[head] : undefined
  if (rest.length === 0 && Object.hasOwn(recipes, head)) return { wrong: `${head} has settings of its own: --set ${head}.…=value` }
  const leaves = schema && rest.length > 0 ? leavesAt(schema, rest) : []
  return leaves.length === 0 ? { wrong: unknown([head, ...rest], recipes) } : asOneOf(leaves, text)
}

/** Reads the text by the first schema that accepts it. */
const asOneOf = (schemas: readonly z.ZodType[], text: string): Read => {
  const read = schemas.map((schema) => {
    const value = textAs(text, schema)
    return { value, wrong: problemsOf(schema, value)[0]?.message }
  })
  const fits = read.find(({ wrong }) => wrong === undefined)
  return fits ? { value: fits.value } : { wrong: read[0]!.wrong! }
}

const unknown = (path: ConfigPath, recipes: Schemas): string => {
  const key = path.join('.')
  if (Object.hasOwn(NOT_HERE, key)) return NOT_HERE[key]!
  const sections = { ...recipes, ssh: settings.ssh, git: settings.git } as Schemas
  const keys = Object.entries(sections).flatMap(([name, schema]) =>
    schema ? Object.keys(shapeOf(schema)).map((inner) => `${name}.${inner}`) : [],
  )
  const plain = Object.keys(settings).filter((name) => !MAPS.includes(name))
  // inside a setting, also suggest the keys next to the wrong one
  const recipe = Object.hasOwn(recipes, path[0]!) ? recipes[path[0]!] : undefined
  const beside = path.length > 2 && recipe ? leavesAt(recipe, path.slice(1, -1)).flatMap((one) => Object.keys(shapeOf(one))) : []
  const near = beside.map((inner) => [...path.slice(0, -1), inner].join('.'))
  return `unknown setting "${key}"${didYouMean(key, [...plain, ...keys, ...near])}`
}

/** Parts of a config that no layer changes. */
const NOT_HERE: Readonly<Record<string, string>> = {
  servers: 'the servers are in the config: --hosts and --roles choose among them',
}
