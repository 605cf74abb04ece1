import type { z } from 'zod'
import type { Host } from '../inventory/types.ts'
import { didYouMean } from '../values/nearest.ts'
import { leavesAt, shapeOf } from './keys.ts'
import { patched } from './patch.ts'
import type { Patch } from './patch.ts'
import type { ConfigPath } from './place.ts'
import type { Problem } from './problems.ts'
import type { CommandLine } from './set.ts'
import { readNumber, readTruth, textAs } from './text.ts'

type Vars = Readonly<Record<string, unknown>>

/**
 * What the command line says of vars that are there: by the name of the var. A value there says what kind its replacement is; `schema` does
 * where a recipe says what a host's var is.
 */
export const patchesOf = (sets: CommandLine['vars'], vars: Vars, schema?: z.ZodType): ReadonlyMap<string, readonly Patch[]> => {
  const patches = new Map<string, Patch[]>()
  for (const set of sets) {
    const found = wayTo(set.path, vars, schema)
    if (!found) continue
    const before = found.inside.reduce<unknown>((value, part) => (value as Vars | undefined | null)?.[part], vars[found.key])
    const [leaf] = schema ? leavesAt(schema, [found.key, ...found.inside]) : []
    const value = before === undefined && leaf ? textAs(set.text, leaf) : like(before, set.text)
    patches.set(found.key, [...(patches.get(found.key) ?? []), { inside: found.inside, value, typed: set.typed }])
  }
  return patches
}

/** A host with what the command line says of its vars: those that it has, or that a recipe wants of it. */
export const setHostVars = (host: Host, sets: CommandLine['vars'], schemas: readonly z.ZodObject[]): Host => {
  const patches = new Map([undefined, ...schemas].flatMap((schema) => [...patchesOf(sets, host.vars, schema)]))
  if (patches.size === 0) return host
  const vars = { ...host.vars }
  for (const [key, list] of patches) vars[key] = patched(vars[key], list, `vars.${key}`)
  return Object.freeze({ ...host, vars: Object.freeze(vars) })
}

interface Holder {
  readonly vars: Vars
  readonly schemas: readonly z.ZodObject[]
}

/** Vars that nobody has: neither the stage nor any host. */
export const unknownVars = (sets: CommandLine['vars'], stage: Vars, hosts: readonly Holder[]): Problem[] => {
  const holders = [{ vars: stage, schemas: [] }, ...hosts].flatMap(({ vars, schemas }) =>
    [undefined, ...schemas].map((schema) => ({ vars, schema })),
  )
  const names = new Set(holders.flatMap(({ vars, schema }) => [...Object.keys(vars), ...namesIn(schema)]))
  return sets
    .filter(({ path }) => !holders.some(({ vars, schema }) => wayTo(path, vars, schema)))
    .map(({ path: [head] }) => ({
      path: ['--set', 'vars', head!],
      message: `unknown var${didYouMean(String(head), names)}: add it to the config first, as in vars: { ${String(head)}: null }`,
    }))
}

const namesIn = (schema: z.ZodType | undefined): string[] => (schema ? Object.keys(shapeOf(schema)) : [])

/** A name may have dots itself: the longest that is there is meant. */
const wayTo = (path: ConfigPath, vars: Vars, schema: z.ZodType | undefined): { key: string; inside: ConfigPath } | undefined => {
  const known = new Set([...Object.keys(vars), ...namesIn(schema)])
  for (let length = path.length; length > 0; length--) {
    const key = path.slice(0, length).join('.')
    if (known.has(key)) return { key, inside: path.slice(length) }
  }
  return undefined
}

const like = (before: unknown, text: string): unknown => {
  if (typeof before === 'number') return readNumber(text)
  if (typeof before === 'boolean') return readTruth(text)
  if (before === null && text === 'null') return null
  if (/^\s*[[{]/.test(text) && typeof before !== 'string') {
    try {
      return JSON.parse(text) as unknown
    } catch {
      return text
    }
  }
  return Array.isArray(before) ? (text === '' ? [] : text.split(',').map((item) => item.trim())) : text
}
