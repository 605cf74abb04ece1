import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { codeText, keyText, listText } from '../../../src/cli/init/code-text.ts'

const odd = ["it's", '"double"', 'back\\slash', 'line\nbreak', '${x}', '`tick`', '\u2028', '\u0000', 'ü', '']

test('every string is the same one as TypeScript', () => {
  for (const text of odd) assert.equal(runInNewContext(codeText(text)), text)
  assert.deepEqual([...(runInNewContext(listText(odd)) as string[])], odd)
  for (const text of odd) assert.deepEqual(Object.keys(runInNewContext(`({ ${keyText(text)}: 1 })`) as object), [text])
})

test('characters that an editor hides or turns around are numbers in TypeScript', () => {
  for (const text of ['a\u202eb', '\u200b', '\u0085', '\u{e0041}', '\ufeff', '\u007f']) {
    assert.equal(runInNewContext(codeText(text)), text)
    assert.match(codeText(text), /^[\x20-\x7e]+$/)
  }
  assert.equal(codeText('👨\u200d👩'), "'👨\u200d👩'")
})
