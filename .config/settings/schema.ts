import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { parse } from 'yaml'
import { onlyRecipes } from '../../recipes/files.ts'
import * as exported from '../../recipes/index.ts'
import { config, recipe, stage, task } from '../../src/config/schema.ts'
import type { AnyRecipe } from '../../src/index.ts'
import { core } from '../../src/settings/core.ts'
import type { Setting } from '../../src/settings/setting.ts'
import { docsOf, type Docs } from './comments.ts'
import { jsonOf, type Json } from './json.ts'

const root = join(import.meta.dirname, '../..')
type Source = readonly [file: string, name: string, under?: string]
const commentsIn = (path: string, name: string, under = ''): Docs =>
  new Map([...docsOf(join(root, path), name)].map(([key, doc]) => [[under, key].filter((part) => part !== '').join('.'), doc]))

/** Where the comments of a recipe's settings are, if not (only) in `settings` of its settings.ts. */
const SOURCES: Readonly<Record<string, readonly Source[]>> = {
  systemd: [['recipes/systemd/settings.ts', 'shape', 'services.*']],
  bundler: [['recipes/bundler.ts', 'settings']],
  rbenv: [['recipes/rbenv.ts', 'settings']],
  inspeqtor: [
    ['recipes/inspeqtor/settings.ts', 'settings'],
    ['recipes/rules/schema.ts', 'RuleParts', 'services.*.rules.*'],
    ['recipes/rules/schema.ts', 'RuleParts', 'host.rules.*'],
  ],
  monit: [
    ['recipes/monit/settings.ts', 'settings'],
    ['recipes/rules/schema.ts', 'RuleParts', 'services.*.rules.*'],
  ],
}
/** systemd makes its schema from the names of its services. */
const NAME = 'NAME'
const SAMPLES: Readonly<Record<string, object>> = { systemd: { services: { [NAME]: {} } } }

const factories = onlyRecipes<unknown>(exported)

/** Settings: what a data file may give, and their comments. */
export interface Described {
  readonly json: Json
  readonly docs: Docs
}

/** The places of the comments of a recipe's settings. Throws if it has no settings.ts and no entry that names another file. */
export const sourcesOf = (name: string): readonly Source[] => {
  const file = `recipes/${name}/settings.ts`
  const sources = SOURCES[name] ?? [[file, 'settings']]
  if (SOURCES[name] === undefined && !existsSync(join(root, file)))
    throw new Error(`there is no ${file}: name the file with the settings of ${name} in SOURCES (.config/settings/schema.ts)`)
  return sources
}

/** The settings of the recipes, by their names. */
export const recipeSettings = (): Readonly<Record<string, Described>> =>
  Object.fromEntries(
    Object.entries(factories).map(([name, make]) => {
      const { definition } = (make as (given: object) => AnyRecipe)(SAMPLES[name] ?? {})
      const docs: Docs = new Map(sourcesOf(name).flatMap((source) => [...commentsIn(...source)]))
      // a required setting may be in `use` or in the stage
      const { required: _, ...json } = anyName(jsonOf((definition.settings as z.ZodObject).strict()))
      return [name, { json: described(json, docs), docs }]
    }),
  )

const anyName = (json: Json): Json => {
  const { properties, required: _, ...rest } = json
  if (!properties) return json
  if (Object.hasOwn(properties, NAME))
    return { type: 'object', propertyNames: { pattern: '^[A-Za-z][\\w-]*$' }, additionalProperties: properties[NAME]! }
  return { ...rest, properties: Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, anyName(one)])) }
}

/** The settings of the core, and the other keys of a config. `servers.*` is a server; `stages.*` has what only a stage has. */
export const coreSettings = (): Described => {
  const docs: Docs = new Map([
    ...commentsIn('src/settings/core.ts', 'core'),
    ...commentsIn('src/config/schema.ts', 'config'),
    ...commentsIn('src/inventory/types.ts', 'SshOptions', 'ssh'),
    ...commentsIn('src/settings/types.ts', 'GitOptions', 'git'),
    ...commentsIn('src/settings/types.ts', 'HostDef', 'stages.*.servers.*'),
    ...commentsIn('src/settings/types.ts', 'HostDef', 'stages.*.servers.*.*'),
    ...commentsIn('src/inventory/types.ts', 'SshOptions', 'stages.*.servers.*.ssh'),
  ])
  docs.delete('')
  const recipes = Object.keys(factories)
  const each = (of: (name: string) => Json): Record<string, Json> => Object.fromEntries(recipes.map((name) => [name, of(name)]))
  const closed = { type: 'object', additionalProperties: false } as const
  const used = each((name) => ({ anyOf: [{ $ref: `#/definitions/${name}` }, { type: 'null' }] }))
  const named = new Map<z.ZodType, Json>([
    [task, { $ref: '#/definitions/task' }],
    [recipe, { anyOf: [{ enum: recipes }, { ...closed, properties: used, minProperties: 1, maxProperties: 1 }] }],
    [stage.shape.settings.unwrap(), { ...closed, properties: each((name) => ({ $ref: `#/definitions/${name}` })) }],
  ])
  const json = jsonOf(config, named)
  for (const [key, { default: given }] of Object.entries(core as Readonly<Record<string, Setting>>)) addDefault(json, docs, key, given)
  return { json: described(json, docs), docs }
}

const addDefault = (json: Json, docs: Docs, key: string, given: unknown): void => {
  const one = json.properties![key]!
  if (given === undefined) return
  // a default that depends on the application cannot be shown as a value
  if (typeof given === 'function') {
    const shown = (given as (of: { application: string }) => string)({ application: 'APPLICATION' })
    docs.set(key, { ...docs.get(key)!, default: `\`${shown}\`` })
  } else if (one.properties) for (const [inner, value] of Object.entries(given as object)) one.properties[inner]!.default = value
  else one.default = given
}

/** The JSON Schema of a config in YAML or JSON. */
export const configSchema = (): Json => {
  const { json } = coreSettings()
  const recipes = recipeSettings()
  const definitions: Record<string, Json> = {}
  // the settings that a stage may give too are written once
  const stageJson = json.properties!['stages']!.additionalProperties as Json
  for (const key of Object.keys(json.properties!)) {
    if (!Object.hasOwn(stageJson.properties!, key)) continue
    definitions[key] = json.properties![key]!
    json.properties![key] = stageJson.properties![key] = { $ref: `#/definitions/${key}` }
  }
  shareSsh(stageJson)
  // a data file has no code, so a task can only be a sequence
  definitions['task'] = { ...described(jsonOf(task), commentsIn('src/tasks/types.ts', 'TaskCommon')), required: ['sequence'] }
  for (const [name, one] of Object.entries(recipes)) definitions[name] = one.json
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'A config of shipit in YAML or JSON',
    ...json,
    properties: { $schema: { type: 'string' }, ...json.properties },
    definitions,
  }
}

/** A server has the same `ssh` as a stage. */
const shareSsh = (json: Json): void => {
  const { properties = {}, anyOf = [], items, additionalProperties } = json
  if (properties['ssh']?.properties) properties['ssh'] = { $ref: '#/definitions/ssh' }
  for (const one of [...Object.values(properties), ...anyOf, items, additionalProperties])
    if (typeof one === 'object') shareSsh(one as Json)
}

/** The schema with the comments as descriptions, and their examples. */
const described = (json: Json, docs: Docs, path = ''): Json => {
  const under = (key: string): string => (path === '' ? key : `${path}.${key}`)
  const made: Json = { ...json }
  const doc = docs.get(path) ?? docs.get(`${path}.*`)
  if (doc && doc.text !== '') made.description = doc.text
  if (doc?.example !== undefined) made.examples = [parse(doc.example)]
  if (json.properties)
    made.properties = Object.fromEntries(Object.entries(json.properties).map(([key, one]) => [key, described(one, docs, under(key))]))
  if (typeof json.additionalProperties === 'object') made.additionalProperties = described(json.additionalProperties, docs, under('*'))
  if (typeof json.items === 'object' && !Array.isArray(json.items)) made.items = described(json.items, docs, under('*'))
  if (json.anyOf) made.anyOf = json.anyOf.map((one) => withoutDoc(described(one, docs, path)))
  return made
}

const withoutDoc = (json: Json): Json => {
  const { description: _, examples: __, ...rest } = json
  return rest
}
