import type { z } from 'zod'
import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { secret } from '../values/secret.ts'
import { schemasAt, unwrap } from './keys.ts'
import { problemsOf } from './problems.ts'
import { readNumber, readTruth, textAs } from './text.ts'
import { settings } from './schema.ts'
import type { RawLayer } from './raw.ts'

export interface CommandLine {
  readonly layer: RawLayer
  /** recipe → setting → value */
  readonly recipes: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

type Schemas = Readonly<Record<string, z.ZodType | undefined>>

/**
 * The layer of the command line: `--set keepReleases=3`, `--set vars.port=80`, `--set sidekiq.processes=8`. What a setting is decides how
 * its text is read: numbers, true and false, lists separated by commas. Throws (usage) with all that cannot be.
 * `vars` are those of the config: a value there says what kind its replacement is.
 */
export const readSets = (typed: readonly string[], recipes: Schemas, vars: Readonly<Record<string, unknown>> = {}): CommandLine => {
  const layer: Record<string, unknown> = {}
  const byRecipe: Record<string, Record<string, unknown>> = {}
  const problems: string[] = []
  for (const text of typed) {
    const equals = text.indexOf('=')
    const key = text.slice(0, equals)
    if (equals < 1) problems.push(`--set ${text}: write --set key=value`)
    else {
      const [head = '', ...rest] = key.split('.')
      // also where a mistake in it is told
      if (SECRETIVE.test(key) && equals + 1 < text.length) secret(text.slice(equals + 1))
      const schema = schemaFor(head, rest, recipes)
      const value = head === 'vars' ? like(vars[rest.join('.')], text.slice(equals + 1)) : schema && textAs(text.slice(equals + 1), schema)
      const wrong = schema ? problemsOf(schema, value)[0]?.message : unknown(key, recipes)
      if (wrong !== undefined) problems.push(`--set ${text}: ${wrong}`)
      else if (rest.length === 0) layer[head] = value
      else {
        const into = head in settings ? layer : byRecipe
        into[head] = { ...(into[head] as Record<string, unknown> | undefined), [rest.join('.')]: value }
      }
    }
  }
  if (problems.length > 0) throw usageError(problems.join('\n'))
  return { layer: layer as RawLayer, recipes: byRecipe }
}

const SECRETIVE = /(?:passw(?:or)?d|passphrase|secret|token|credentials?|api_?key|private_?key)$/i

const schemaFor = (head: string, rest: readonly string[], recipes: Schemas): z.ZodType | undefined => {
  const own = (settings as Schemas)[head]
  if (rest.length === 0) return own && unwrap(own).def.type !== 'object' && unwrap(own).def.type !== 'record' ? own : undefined
  const name = rest.join('.')
  const holder = own ?? recipes[head]
  // a map such as env takes a name with dots; of a recipe only its own settings, not what is inside of them
  return holder && (schemasAt(holder, [name])[0] ? onlyAt(holder, name) : undefined)
}

/** The setting's schema with its checks, which unwrapping would lose. */
const onlyAt = (holder: z.ZodType, name: string): z.ZodType | undefined => {
  const def = unwrap(holder).def as unknown as { shape?: Record<string, z.ZodType>; valueType?: z.ZodType }
  return def.shape?.[name] ?? def.valueType
}

const like = (before: unknown, text: string): unknown => {
  if (typeof before === 'number') return readNumber(text)
  if (typeof before === 'boolean') return readTruth(text)
  return Array.isArray(before) ? text.split(',') : text
}

const unknown = (key: string, recipes: Schemas): string => {
  const [head = '', ...rest] = key.split('.')
  const sections = { ...recipes, ssh: settings.ssh, git: settings.git } as Schemas
  const keys = Object.entries(sections).flatMap(([name, schema]) =>
    Object.keys((schema && (unwrap(schema).def as unknown as { shape?: object }).shape) ?? {}).map((inner) => `${name}.${inner}`),
  )
  const plain = Object.keys(settings).filter((name) => !['ssh', 'git', 'env', 'vars'].includes(name))
  if (rest.length === 0 && keys.some((name) => name.startsWith(`${head}.`))) return `${head} has settings of its own: --set ${head}.…=value`
  return `there is no setting "${key}"${didYouMean(key, [...plain, ...keys])}`
}
