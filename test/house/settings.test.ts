import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import type { z } from 'zod'
import { generated } from '../../.config/settings/files.ts'
import type { Json } from '../../.config/settings/json.ts'
import { coreSettings, recipeSettings, sourcesOf, type Described } from '../../.config/settings/schema.ts'
import * as factories from '../../recipes/index.ts'
import { config } from '../../src/config/schema.ts'
import type { AnyRecipe } from '../../src/index.ts'
import { leavesAt } from '../../src/settings/zod-introspection.ts'
import { problemsOf } from '../../src/settings/zod-problems.ts'
import { read } from './pages.ts'

test('a recipe whose settings have no place is named with the entry that is missing', () => {
  assert.throws(() => sourcesOf('caddy'), /there is no recipes\/caddy\/settings\.ts: name the file with the settings of caddy in SOURCES/)
  for (const name of Object.keys(recipeSettings())) assert.ok(sourcesOf(name).length > 0)
})

const all: Readonly<Record<string, Described>> = { config: coreSettings(), ...recipeSettings() }

for (const { file, text } of generated()) {
  test(`${file} is what npm run settings writes`, () => {
    assert.equal(read(file), text, 'run npm run settings')
  })
}

/** The paths of all settings in a schema, those inside others too. */
const pathsIn = (json: Json, path: readonly string[] = []): string[] => [
  ...Object.entries(json.properties ?? {}).flatMap(([key, one]) => [[...path, key].join('.'), ...pathsIn(one, [...path, key])]),
  ...(json.anyOf ?? []).flatMap((one) => pathsIn(one, path)),
  ...[json.items, json.additionalProperties].flatMap((one) => (typeof one === 'object' ? pathsIn(one as Json, [...path, '*']) : [])),
]

/** The settings of the core. A stage's that the top level has too, and a server's in a list by role, are the same. */
const OF_CONFIG = /^(\w+|(ssh|git)\.\w+|stages\.\*\.(servers|settings)|stages\.\*\.servers\.\*\.\w+)$/

test('every setting has a comment that says what it does', () => {
  for (const [name, { json, docs }] of Object.entries(all)) {
    const paths = pathsIn(json).filter((path) => name !== 'config' || OF_CONFIG.test(path))
    assert.ok(paths.length >= (name === 'config' ? 40 : 3), `${name}: ${paths.length}`)
    assert.deepEqual(
      paths.filter((path) => (docs.get(path) ?? docs.get(`${path}.*`) ?? { text: '' }).text === ''),
      [],
      name,
    )
  }
})

test('docs/settings.md has a row for every setting of the config and of a server, also for those that only code can give', () => {
  const [, ofConfig = '', ofServer = ''] = /^## The config\n([^]*?)^### A server\n([^]*?)^## /m.exec(read('docs/settings.md')) ?? []
  const names = [...all['config']!.docs.keys()]
  const inServer = names.flatMap((path) => /^stages\.\*\.servers\.\*\.(\w+)$/.exec(path)?.[1] ?? [])
  for (const [section, keys] of [
    [ofConfig, names.filter((path) => /^\w+$/.test(path))],
    [ofServer, inServer],
  ] as const) {
    assert.ok(keys.length >= 10)
    assert.deepEqual(
      keys.filter((key) => !section.includes(`\n| \`${key}\` |`)),
      [],
    )
  }
})

test('comments of settings are sentences: each begins with a capital, a digit or code, and ends with a full stop', () => {
  for (const [name, { docs }] of Object.entries(all)) {
    const texts = [...docs].filter(([path]) => path !== '').map(([, { text }]) => text)
    assert.deepEqual(
      texts.filter((text) => !/^[A-Z0-9`].*[.:…]$/s.test(text)),
      [],
      name,
    )
  }
})

test('every example of a setting is one that its schema takes', () => {
  let seen = 0
  for (const [name, { docs }] of Object.entries(all)) {
    const make = (factories as Readonly<Record<string, unknown>>)[name] as ((given: object) => AnyRecipe) | undefined
    const schema: z.ZodType = make ? make({ services: { any: {} } }).definition.settings! : config
    for (const [path, { example }] of docs) {
      if (example === undefined) continue
      const names = path.split('.').map((part) => (part === '*' ? 'any' : part))
      const leaves = [names, names.map((part, i) => (part === 'any' && path.split('.')[i - 1] !== 'services' ? 0 : part))].flatMap((way) =>
        leavesAt(schema, way),
      )
      // what is chosen by the kind of its value cannot be looked into
      if (leaves.length === 0 && /^(stages\.\*|ssh|.*\.rules\.\*)\./.test(path)) continue
      assert.ok(
        leaves.some((leaf) => problemsOf(leaf, parse(example)).length === 0),
        `${name}: ${path}: ${example}`,
      )
      seen++
    }
  }
  assert.ok(seen > 40, String(seen))
})

test('@since of a setting is a version', () => {
  const versions = Object.values(all).flatMap(({ docs }) => [...docs.values()].flatMap(({ since }) => since ?? []))
  assert.deepEqual(
    versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version)),
    [],
  )
})
