import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { words } from '../../src/shell/sh.ts'
import { quote } from '../../src/shell/quote.ts'
import { path } from '../../src/values/path.ts'

test('words() splits like a shell and expands nothing', () => {
  assert.deepEqual(words(`a 'b c' "d \\"e" f\\ g'h'"i" '' $HOME *.rb`), ['a', 'b c', 'd "e', 'f ghi', '', '$HOME', '*.rb'])
  assert.deepEqual(words('  '), [])
  assert.deepEqual(words(''), [])
  assert.deepEqual(words('a\n\tb'), ['a', 'b'])
  assert.deepEqual(words(['a b', '']), ['a b', ''])
  for (const open of ["it's", 'a "b', 'a\\']) assert.throws(() => words(open), /an open quote/)
})

test('words() agrees with a real shell', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'b', ' ', "'", '"', '\\', '\n', '-', '.'), maxLength: 14 }), (text) => {
      let mine: readonly string[]
      try {
        mine = words(text)
      } catch {
        return
      }
      // without a line continuation at the start of a word, which a shell drops and no setting has
      if (/\\\n/.test(text) || /\n/.test(text.trim())) return
      const theirs = spawnSync('/bin/sh', ['-c', `printf '%s\\0' x ${text.replaceAll('\n', ' ')}`])
        .stdout.toString()
        .split('\0')
        .slice(1, -1)
      assert.deepEqual(mine, theirs)
    }),
    { numRuns: 300 },
  )
})

test('quote() makes one word of any bytes', () => {
  assert.equal(String(quote('a/b_c-1.2:3,4@5%6+7')), 'a/b_c-1.2:3,4@5%6+7')
  assert.equal(String(quote('')), "''")
  assert.equal(String(quote("it's")), `'it'\\''s'`)
  assert.equal(String(quote(path('~/a b'))), `"$HOME"/'a b'`)
  assert.deepEqual(quote(Buffer.from([0xff, 0x20])), Buffer.from([0x27, 0xff, 0x20, 0x27]))
  assert.throws(() => quote('a\0'), /NUL/)
  assert.throws(() => quote(Buffer.from([0])), /NUL/)
})
