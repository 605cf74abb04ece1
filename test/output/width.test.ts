import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { table, wrapList } from '../../src/output/table.ts'
import { cut, pad, width } from '../../src/output/width.ts'

test('wide characters count two columns, combining marks and colours none', () => {
  const cases: readonly [string, number][] = [
    ['abc', 3],
    ['漢字', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['😀', 2],
    ['👩‍🚀', 2],
    ['한글', 4],
    ['\u001b[31mred\u001b[0m', 3],
    ['ｱ', 1],
    ['Ａ', 2],
    ['…', 1],
    ['✔', 1],
    ['', 0],
  ]
  for (const [text, columns] of cases) assert.equal(width(text), columns, JSON.stringify(text))
})

test('a cut text is never wider than asked for, and says that something is missing', () => {
  assert.equal(cut('hello world', 8), 'hello w…')
  assert.equal(cut('hello', 5), 'hello')
  assert.equal(cut('漢字漢字', 5), '漢字…')
  assert.equal(cut('\u001b[31mred and more\u001b[0m', 4), '\u001b[31mred\u001b[0m…')
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '漢', 'é', '😀', '\u001b[1m') }), fc.nat(12), (text, columns) =>
      assert.ok(width(cut(text, columns)) <= columns),
    ),
  )
})

test('a table is aligned by what is seen', () => {
  assert.deepEqual(
    table(
      [
        ['host', 'x'],
        ['漢字漢', 'y'],
        ['\u001b[1mb\u001b[0m', ''],
      ],
      '  ',
    ),
    ['  host    x', '  漢字漢  y', '  \u001b[1mb\u001b[0m'],
  )
  assert.deepEqual(table([['a\nbb', 'x']]), ['a   x', 'bb'])
  assert.deepEqual(table([['a', 'x'], ['a note to it'], ['b', 'y']]), ['a  x', 'a note to it', 'b  y'])
  assert.equal(pad('漢', 4), '漢  ')
})

test('a list of hosts is broken between names', () => {
  assert.equal(wrapList(['app-1', 'app-2', 'app-3'], 14), 'app-1, app-2,\napp-3')
})
