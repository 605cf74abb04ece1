import type { z } from 'zod'
import { select } from '../inventory/select.ts'
import type { Host, Selector } from '../inventory/types.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { shapeOf } from '../settings/zod-introspection.ts'
import { explainIssues } from '../settings/zod-problems.ts'
import type { ResolvedRecipe } from '../tasks/stage.ts'
import { isOpen, undeclared } from './declared-vars.ts'
import { unlessMissing } from './missing-variables.ts'
import type { ResolvedServers } from './servers.ts'

interface Declared {
  /** the `hostVars` of the config: for every host */
  readonly own: z.ZodObject | undefined
  readonly recipes: readonly ResolvedRecipe[]
  readonly stage: string
  readonly listed: ResolvedServers
}
type Vars = Readonly<Record<string, unknown>>

/**
 * Checks each host's `vars` against what the config and its recipes require. Returns the hosts with the defaults, and what is wrong, each at
 * its place in `servers`. If the config declares the vars, one that neither it nor a recipe knows is a mistake.
 */
export const checkHostVars = (hosts: readonly Host[], { own, recipes, stage, listed }: Declared) => {
  const problems: Problem[] = []
  const checked = hosts.map((host, i) => {
    const schemas = [...(own ? [{ schema: own, name: undefined }] : []), ...recipeSchemas(host, hosts, recipes, stage)]
    let vars: Vars = host.vars
    for (const { schema, name } of schemas) {
      const given = name === undefined ? knownTo(schema, vars) : vars
      const result = schema.safeParse(given)
      if (result.success) vars = { ...vars, ...result.data }
      else
        for (const { path, message } of explainIssues(schema, given, result.error.issues))
          problems.push(problemAt(listed, i, { host, path, message, why: name && ` (for ${name})` }))
    }
    if (own)
      for (const key of unknownIn(host.vars, own, recipes))
        problems.push(problemAt(listed, i, { host, path: [key], message: undeclared('hostVars', key, own), why: undefined }))
    return vars === host.vars ? host : Object.freeze({ ...host, vars: Object.freeze(vars) })
  })
  return { hosts: checked, problems }
}

/** The `hostVars` schemas of the recipes that run on a host. */
export const hostSchemas = (
  host: Host,
  hosts: readonly Host[],
  recipes: readonly ResolvedRecipe[],
  stage: string,
): readonly z.ZodObject[] => recipeSchemas(host, hosts, recipes, stage).map(({ schema }) => schema)

const recipeSchemas = (host: Host, hosts: readonly Host[], recipes: readonly ResolvedRecipe[], stage: string) =>
  recipes.flatMap(({ recipe: { definition }, name, settings }) => {
    const { hostVars: schema } = definition
    return schema && selectors(definition, settings, stage).some((on) => select(hosts, on).includes(host)) ? [{ schema, name }] : []
  })

const selectors = (
  { tasks = {}, override = {} }: ResolvedRecipe['recipe']['definition'],
  settings: object,
  stage: string,
): (Selector | undefined)[] =>
  [...Object.values(tasks), ...Object.values(override).filter((task) => !!task)].flatMap(({ on }) =>
    typeof on === 'function' ? (unlessMissing(() => [on({ settings, stage })]) ?? []) : [on],
  )

/** What the schema of the config is about: the other vars may be those of recipes. */
const knownTo = (schema: z.ZodObject, vars: Vars): Vars =>
  isOpen(schema) ? vars : Object.fromEntries(Object.entries(vars).filter(([key]) => Object.hasOwn(schema.shape, key)))

const unknownIn = (vars: Vars, own: z.ZodObject, recipes: readonly ResolvedRecipe[]): readonly string[] => {
  if (isOpen(own)) return []
  const schemas = recipes.flatMap(({ recipe }) => recipe.definition.hostVars ?? [])
  if (schemas.some(isOpen)) return []
  const known = new Set([own, ...schemas].flatMap((schema) => Object.keys(shapeOf(schema))))
  return Object.keys(vars).filter((key) => !known.has(key))
}

interface Wrong {
  readonly host: Host
  /** in `vars` */
  readonly path: ConfigPath
  readonly message: string
  readonly why: string | undefined
}

/** At the var, if an entry of the host has it, or else at the host's first entry. */
const problemAt = ({ servers, places }: ResolvedServers, i: number, { host, path, message, why = '' }: Wrong): Problem => {
  const entries = places[i] ?? []
  const holder = entries.find((place) => Object.hasOwn(varsAt(servers, place), String(path[0])))
  if (holder !== undefined) return { path: [...holder, 'vars', ...path], message: `${message}, on ${host.name}${why}` }
  return { path: entries[0] ?? [], message: `${host.name}: vars.${path.join('.')} ${message}${why}` }
}

const varsAt = (servers: unknown, place: ConfigPath): object => {
  const entry = place.reduce<unknown>((value, key) => (value as Record<string | number, unknown> | undefined)?.[key], servers)
  const vars = typeof entry === 'object' && entry !== null ? (entry as { readonly vars?: unknown }).vars : undefined
  return typeof vars === 'object' && vars !== null ? vars : {}
}
