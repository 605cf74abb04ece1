import type { z } from 'zod'
import type { Host } from '../inventory/types.ts'
import { bin, toText } from '../shell/bytes.ts'
import { quoteBin } from '../shell/quote.ts'
import { didYouMean } from '../values/nearest.ts'
import { leavesAt, shapeOf } from './keys.ts'
import { patched } from './patch.ts'
import type { Patch } from './patch.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { found as shown } from './problems.ts'
import type { CommandLine } from './set.ts'
import { like } from './like.ts'
import type { Like } from './like.ts'
import { textAs } from './text.ts'

type Vars = Readonly<Record<string, unknown>>

/**
 * The command-line values for existing vars, by the name of the var. The old value decides the type of the new one; if a recipe declares a
 * host's var, one of `schemas` does. A text that cannot be read that way is left out: {@link varProblems} reports it.
 */
export const patchesOf = (
  sets: CommandLine['vars'],
  vars: Vars,
  schemas: readonly z.ZodType[] = [],
): ReadonlyMap<string, readonly Patch[]> => {
  const patches = new Map<string, Patch[]>()
  for (const set of sets) {
    const found = wayTo(set.path, vars, schemas)
    if (!found) continue
    const read = readAt(found, set.text, vars, schemas)
    if ('expected' in read) continue
    patches.set(found.key, [...(patches.get(found.key) ?? []), { inside: found.inside, value: read.value, typed: set.typed }])
  }
  return patches
}

/** A host with the command-line values for its vars: those that it has, or that a recipe requires. */
export const setHostVars = (host: Host, sets: CommandLine['vars'], schemas: readonly z.ZodObject[]): Host => {
  const patches = patchesOf(sets, host.vars, schemas)
  if (patches.size === 0) return host
  const vars = { ...host.vars }
  for (const [key, list] of patches) vars[key] = patched(vars[key], list, `vars.${key}`)
  return Object.freeze({ ...host, vars: Object.freeze(vars) })
}

interface Holder {
  readonly vars: Vars
  readonly schemas: readonly z.ZodObject[]
}

/** Vars that neither the stage nor any host has, and texts that do not have the type of their var. */
export const varProblems = (sets: CommandLine['vars'], stage: Vars, hosts: readonly Holder[]): Problem[] => {
  const holders: readonly Holder[] = [{ vars: stage, schemas: [] }, ...hosts]
  const names = new Set(holders.flatMap(({ vars, schemas }) => [...Object.keys(vars), ...schemas.flatMap(namesIn)]))
  return sets.flatMap(({ path, text, typed }) => {
    const head = String(path[0])
    const found = holders.flatMap(({ vars, schemas }) => {
      const way = wayTo(path, vars, schemas)
      return way ? [readAt(way, text, vars, schemas)] : []
    })
    if (found.length === 0)
      return [
        {
          path: ['--set', 'vars', head],
          message: `unknown var${didYouMean(head, names)}: add it to the config first, as in vars: { ${head}: null }`,
        },
      ]
    const wrong = found.find((read) => 'expected' in read)
    if (!wrong) return []
    return [
      {
        path: ['--set', 'vars', ...path],
        message: `expected ${wrong.expected}, found ${shown(text)}: as in --set ${word(keyOf(typed, text), wrong.example)}`,
      },
    ]
  })
}

interface Way {
  readonly key: string
  readonly inside: ConfigPath
}

const namesIn = (schema: z.ZodType): string[] => Object.keys(shapeOf(schema))

/** A name may contain dots: the longest existing one wins. */
const wayTo = (path: ConfigPath, vars: Vars, schemas: readonly z.ZodType[]): Way | undefined => {
  const known = new Set([...Object.keys(vars), ...schemas.flatMap(namesIn)])
  for (let length = path.length; length > 0; length--) {
    const key = path.slice(0, length).join('.')
    if (known.has(key)) return { key, inside: path.slice(length) }
  }
  return undefined
}

/** The key as it was typed. */
const keyOf = (typed: string, text: string): string => typed.slice(0, typed.length - text.length - 1)

const word = (key: string, text: string): string => {
  const whole = `${key}=${text}`
  return /^[\w.,=-]+$/.test(whole) ? whole : toText(quoteBin(bin(whole)))
}

const readAt = ({ key, inside }: Way, text: string, vars: Vars, schemas: readonly z.ZodType[]): Like => {
  const before = inside.reduce<unknown>((value, part) => (value as Vars | undefined | null)?.[part], vars[key])
  const read = like(before, text)
  const [leaf] = schemas.flatMap((schema) => leavesAt(schema, [key, ...inside]))
  if (!leaf || (before !== undefined && 'value' in read && leaf.safeParse(read.value).success)) return read
  // what the schema does not accept is rejected later
  return { value: textAs(text, leaf) }
}
