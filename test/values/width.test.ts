import assert from 'node:assert/strict'
import { test } from 'node:test'
import cliTruncate from 'cli-truncate'
import fc from 'fast-check'
import wrapAnsi from 'wrap-ansi'
import { table } from '../../src/output/aligned-table.ts'
import { cut, pad, width, wrap } from '../../src/values/width.ts'

test('width() counts two columns for wide characters, and none for combining marks and colours', () => {
  const cases: readonly [string, number][] = [
    ['abc', 3],
    ['漢字', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['😀', 2],
    ['👩‍🚀', 2],
    ['한글', 4],
    ['\u001b[31mred\u001b[0m', 3],
    ['🇫🇷', 2],
    ['❤️', 2],
    ['1️⃣', 2],
    ['👨‍👩‍👧', 2],
    ['ｱ', 1],
    ['ガ', 2],
    ['\u1112\u1161\u11ab', 2],
    ['\u200b', 0],
    ['Ａ', 2],
    ['…', 1],
    ['✔', 1],
    ['', 0],
  ]
  for (const [text, columns] of cases) assert.equal(width(text), columns, JSON.stringify(text))
})

test('the fast path for narrow text counts like string-width', () => {
  const codes = [...Array(0x2200).keys()].filter((code) => (code >= 0x20 && code < 0x300) || code >= 0x2000)
  for (const code of codes) {
    const text = String.fromCharCode(code)
    assert.equal(width(text), width(`${text}\u4e00`) - 2, code.toString(16))
  }
})

test('cut() returns a text of at most the given width, with a mark for the missing part', () => {
  assert.equal(cut('hello world', 8), 'hello w…')
  assert.equal(cut('hello', 5), 'hello')
  assert.equal(cut('漢字漢字', 5), '漢字…')
  assert.equal(cut('\u001b[31mred and more\u001b[0m', 4), '\u001b[31mred…\u001b[39m')
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '漢', 'é', '😀', '\u001b[1m') }), fc.nat(12), (text, columns) =>
      assert.ok(width(cut(text, columns)) <= columns),
    ),
  )
})

test('table() aligns columns by their visible width', () => {
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

test('wrap() breaks a text between words, and keeps a longer word whole', () => {
  assert.deepEqual(wrap('app-1, app-2, app-3', 14), ['app-1, app-2,', 'app-3'])
  assert.deepEqual(wrap('app-1, app-2', 14), ['app-1, app-2'])
  assert.deepEqual(wrap('a value  (line 8)', 7), ['a value', '(line', '8)'])
  assert.deepEqual(wrap('value  (line 8)', 6), ['value', '(line', '8)'])
  assert.deepEqual(wrap('a systemd-networkd.service b', 8), ['a', 'systemd-networkd.service', 'b'])
  assert.deepEqual(wrap('漢字 漢字 漢字', 9), ['漢字 漢字', '漢字'])
})

test('wrap() carries a colour from one line to the next', () => {
  assert.deepEqual(wrap('\u001b[31mred and more\u001b[39m', 8), ['\u001b[31mred and\u001b[39m', '\u001b[31mmore\u001b[39m'])
})

test('narrow text is cut and wrapped as the packages cut and wrap it', () => {
  const text = fc.array(fc.stringMatching(/^[a-z…éß→-]{1,12}$/), { maxLength: 8 }).map((words) => words.join(' '))
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 30 }), (narrow, columns) => {
      assert.deepEqual(wrap(narrow, columns), wrapAnsi(narrow, columns).split('\n'))
      assert.equal(cut(narrow, columns), cliTruncate(narrow, columns))
    }),
  )
})
