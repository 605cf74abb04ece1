import assert from 'node:assert/strict'
import { test } from 'node:test'
import { functionsOf } from './functions.ts'
import { sources } from './source.ts'

const MOST = 60

test('a function of src or recipes has at most 60 lines, nested functions included', () => {
  const files = sources('src/**/*.ts', 'recipes/**/*.ts').filter(({ text }) => text.split('\n').length > MOST)
  assert.ok(files.length > 50)
  const long = files.flatMap((source) =>
    functionsOf(source).flatMap(({ name, lines }) => (lines > MOST ? [`${source.file}: ${name}`] : [])),
  )
  assert.deepEqual(long, [], 'part these into phases with names')
})

test('the lines of a function run from its first to its last, with the name that it is declared as', () => {
  const text = `export const outer = (
  one: number,
): number => {
  const inner = () => 1
  return inner() + one
}
class Box {
  readonly #size: number = 1
  async fill() {
    await [].map(function () {})
  }
}
export default function () {
  return {
    'a b': () => {},
  }
}`
  assert.deepEqual(functionsOf({ text }), [
    { name: 'outer', lines: 6 },
    { name: 'inner', lines: 1 },
    { name: 'fill', lines: 3 },
    { name: ':10', lines: 1 },
    { name: ':13', lines: 5 },
    { name: 'a b', lines: 1 },
  ])
})
