import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { configProblems } from '../../src/config/validate.ts'
import { defineRecipe } from '../../src/index.ts'
import { core } from '../../src/settings/core.ts'
import { defaults, JOINED, KEYED, LATE, LISTS, schemas, SETTLED } from '../../src/settings/derived.ts'
import { problemsOf } from '../../src/settings/zod-problems.ts'
import type { Setting } from '../../src/settings/setting.ts'

const table: Readonly<Record<string, Setting>> = core
const problems = (given: Record<string, unknown>): readonly string[] =>
  configProblems({ application: 'shop', stages: { production: { servers: ['a1'] } }, ...given }).map(({ message }) => message)

test('a setting takes a function where the table says that it may be late, and refuses one elsewhere', () => {
  for (const [name, { late, join }] of Object.entries(table)) {
    const given = late === 'each' && join === undefined ? [() => 'x'] : late === 'each' ? { any: () => 'x' } : () => 'x'
    assert.equal(problems({ [name]: given }).length === 0, late !== undefined, name)
  }
})

test('every setting reaches the layers in exactly one way', () => {
  assert.deepEqual([...LATE, ...KEYED, ...LISTS, ...SETTLED].toSorted(), Object.keys(core).toSorted())
})

test('the defaults are what their schemas accept', () => {
  const given = Object.entries(defaults('shop'))
  assert.ok(given.length >= 8)
  for (const [name, value] of given) assert.deepEqual(problemsOf(schemas[name as keyof typeof core], value), [], name)
  assert.equal(defaults('shop').deployTo, '/var/www/shop')
})

test('no recipe can have the name of a setting that has settings of its own', () => {
  assert.deepEqual(JOINED.toSorted(), ['commands', 'env', 'git', 'ssh', 'vars'])
  for (const name of JOINED) assert.throws(() => defineRecipe({ name, settings: z.object({}) }), /is a core setting/, name)
})
