import type { z } from 'zod'
import type { Host } from '../inventory/types.ts'
import { bin, toText } from '../shell/bytes.ts'
import { quoteBin } from '../shell/quote.ts'
import { didYouMean } from '../values/nearest.ts'
import { defOf, leavesAt, shapeOf, unwrap } from '../settings/zod-introspection.ts'
import { applyPatches } from './patch.ts'
import type { Patch } from './patch.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { describeValue } from '../settings/zod-problems.ts'
import type { CommandLine } from './set-option.ts'
import { parseByExample } from './parse-by-example.ts'
import type { ParsedText } from './parse-by-example.ts'
import { parseBySchema } from './parse-by-schema.ts'

type Vars = Readonly<Record<string, unknown>>

/**
 * The command-line values for existing vars, by the name of the var. The old value decides the type of the new one; if the var is declared, one of
 * `schemas` does. Text that cannot be read that way is left out: {@link varProblems} reports it.
 */
export const varPatches = (
  sets: CommandLine['vars'],
  vars: Vars,
  schemas: readonly z.ZodType[] = [],
): ReadonlyMap<string, readonly Patch[]> => {
  const patches = new Map<string, Patch[]>()
  for (const set of sets) {
    const varPath = findVar(set.path, vars, schemas)
    if (!varPath) continue
    const read = parseVar(varPath, set.text, vars, schemas)
    if ('expected' in read) continue
    patches.set(varPath.key, [...(patches.get(varPath.key) ?? []), { inside: varPath.inside, value: read.value, typed: set.typed }])
  }
  return patches
}

/** A host with the command-line values for its vars: those that it has, or that a recipe requires. */
export const setHostVars = (host: Host, sets: CommandLine['vars'], schemas: readonly z.ZodObject[]): Host => {
  const patches = varPatches(sets, host.vars, schemas)
  if (patches.size === 0) return host
  const vars = { ...host.vars }
  for (const [key, list] of patches) vars[key] = applyPatches(vars[key], list, `vars.${key}`)
  return Object.freeze({ ...host, vars: Object.freeze(vars) })
}

interface Holder {
  readonly vars: Vars
  readonly schemas: readonly z.ZodObject[]
}

/** Vars that neither the stage nor any host has, and values that do not have the type of their var. */
export const varProblems = (sets: CommandLine['vars'], stage: Holder, hosts: readonly Holder[]): Problem[] => {
  const holders: readonly Holder[] = [stage, ...hosts]
  const names = new Set(holders.flatMap(({ vars, schemas }) => [...Object.keys(vars), ...schemas.flatMap(namesIn)]))
  return sets.flatMap(({ path, text, typed }) => {
    const head = String(path[0])
    const parsed = holders.flatMap(({ vars, schemas }) => {
      const varPath = findVar(path, vars, schemas)
      return varPath ? [parseVar(varPath, text, vars, schemas)] : []
    })
    if (parsed.length === 0)
      return [
        {
          path: ['--set', 'vars', head],
          message: `unknown var${didYouMean(head, names)}: add it to ${stage.schemas.length > 0 ? 'stageVars' : `the config first, as in vars: { ${head}: null }`}`,
        },
      ]
    const unknown = unknownInside(path, stage)
    if (unknown) return [unknown]
    const wrong = parsed.find((read) => 'expected' in read)
    if (!wrong) return []
    return [
      {
        path: ['--set', 'vars', ...path],
        message: `expected ${wrong.expected}, found ${describeValue(text)}: as in --set ${shellWord(keyOf(typed, text), wrong.example)}`,
      },
    ]
  })
}

/** A key inside a var that its schema does not have, and would drop. */
const unknownInside = (path: ConfigPath, { vars, schemas }: Holder): Problem | undefined => {
  const found = findVar(path, vars, schemas)
  if (!found || found.inside.length === 0) return undefined
  const whole = [found.key, ...found.inside]
  const [above, last] = [whole.slice(0, -1), whole.at(-1)!]
  const holders = schemas.flatMap((schema) => leavesAt(schema, above)).map(unwrap)
  const isClosed = holders.length > 0 && holders.every((one) => defOf(one).type === 'object' && leavesAt(one, [last]).length === 0)
  if (!isClosed) return undefined
  return { path: ['--set', 'vars', ...path], message: `unknown key${didYouMean(String(last), holders.flatMap(namesIn))}` }
}

interface VarPath {
  readonly key: string
  readonly inside: ConfigPath
}

const namesIn = (schema: z.ZodType): string[] => Object.keys(shapeOf(schema))

/** A name may contain dots: the longest existing one wins. */
const findVar = (path: ConfigPath, vars: Vars, schemas: readonly z.ZodType[]): VarPath | undefined => {
  const names = new Set([...Object.keys(vars), ...schemas.flatMap(namesIn)])
  for (let length = path.length; length > 0; length--) {
    const key = path.slice(0, length).join('.')
    if (names.has(key)) return { key, inside: path.slice(length) }
  }
  return undefined
}

/** The key as it was typed. */
const keyOf = (typed: string, text: string): string => typed.slice(0, typed.length - text.length - 1)

const shellWord = (key: string, text: string): string => {
  const whole = `${key}=${text}`
  return /^[\w.,=-]+$/.test(whole) ? whole : toText(quoteBin(bin(whole)))
}

const parseVar = ({ key, inside }: VarPath, text: string, vars: Vars, schemas: readonly z.ZodType[]): ParsedText => {
  const before = inside.reduce<unknown>((value, part) => (value as Vars | undefined | null)?.[part], vars[key])
  const read = parseByExample(before, text)
  const [leaf] = schemas.flatMap((schema) => leavesAt(schema, [key, ...inside]))
  if (!leaf || (before !== undefined && 'value' in read && leaf.safeParse(read.value).success)) return read
  // what the schema does not accept is rejected later
  return { value: parseBySchema(text, leaf) }
}
