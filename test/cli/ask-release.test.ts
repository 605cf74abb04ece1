import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choiceLines, fitted } from '../../src/cli/ask-release.ts'
import type { ReleaseChoice } from '../../src/run/chosen-release.ts'

const nameOf = (i: number): string => `202611${String(i).padStart(2, '0')}090000`
const choice = (i: number, o: Partial<ReleaseChoice> = {}): ReleaseChoice => ({
  release: nameOf(i),
  revision: 'a'.repeat(40),
  commit: { author: 'Ada', subject: 'Open the shop' } as ReleaseChoice['commit'],
  age: 86_400 * (30 - i),
  whyNot: undefined,
  note: undefined,
  ...o,
})
const lines = (releases: readonly ReleaseChoice[], columns = 80) =>
  choiceLines({ releases, preset: undefined, live: `${nameOf(30)} is live` }, columns)

test('the question numbers the newest fifteen that may be chosen, and counts the others', () => {
  const all = Array.from({ length: 20 }, (_, i) => choice(29 - i, i === 1 ? { whyNot: 'is bad' } : {}))
  const shown = lines(all)
  assert.equal(shown.length, 1 + 16 + 1)
  assert.equal(shown[2], `   -  ${nameOf(28)}  is bad`)
  assert.match(shown.at(-2)!, new RegExp(`^  15  ${nameOf(14)}  16 d  aaaaaaa  Ada  Open the shop$`))
  assert.equal(shown.at(-1), '  and 4 older ones, which you can name')
})

test('the question is as wide as the terminal at most, and a text from a host stays on its line', () => {
  const wild = choice(3, { commit: { author: 'A\nb'.repeat(20), subject: '\u001B[31mred\r\n'.repeat(40) } as ReleaseChoice['commit'] })
  const shown = lines(
    [wild, choice(2, { whyNot: 'x\ny '.repeat(60) }), choice(1, { revision: undefined, commit: undefined, age: undefined })],
    60,
  )
  assert.equal(shown.length, 5)
  assert.ok(shown.every((line) => line.length <= 60 && !/[\n\r]/.test(line)))
  assert.equal(shown[4], `   2  ${nameOf(1)}  -     -        -               -`)
})

test('the question fits in the terminal, so that the newest releases stay in sight', () => {
  const all = Array.from({ length: 29 }, (_, i) => choice(29 - i, i % 2 === 1 ? { whyNot: 'is bad' } : {}))
  const choices = { releases: all, preset: nameOf(29), live: `${nameOf(30)} is live` }
  const small = fitted(choices, { columns: 80, rows: 24 })
  assert.equal(small.lines.length, 21)
  assert.equal(small.numbered, 10)
  assert.equal(small.lines[1], `   1  ${nameOf(29)}  24 h  aaaaaaa  Ada  Open the shop`)
  assert.equal(small.lines.at(-1), '  and 5 older ones, which you can name')
  assert.equal(fitted(choices, { columns: 80, rows: 50 }).numbered, 15)
  assert.equal(fitted(choices, { columns: 80, rows: 2 }).numbered, 5)
})
