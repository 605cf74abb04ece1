import assert from 'node:assert/strict'
import { test } from 'node:test'
import { escapeFilter } from '../../../src/transport/terminal/escape.ts'

/** What reaches the host when these chunks are typed; `closed` at the end if it was hung up. */
const typed = (...chunks: string[]): string => {
  const filter = escapeFilter()
  let text = ''
  for (const chunk of chunks) {
    const { bytes, closed } = filter(Buffer.from(chunk))
    text += bytes.toString()
    if (closed) return `${text}closed`
  }
  return text
}

test('a tilde and a dot at the start of a line hang up, in one chunk or in several, and what follows is dropped', () => {
  assert.equal(typed('~.rm'), 'closed')
  assert.equal(typed('~', '.', 'rm'), 'closed')
  assert.equal(typed('ls\r~.'), 'ls\rclosed')
  assert.equal(typed('ls\n', '~', '.'), 'ls\nclosed')
})

test('two tildes at the start of a line are one, and a tilde before anything else stays', () => {
  assert.equal(typed('~~.'), '~.')
  assert.equal(typed('~', '~', '.'), '~.')
  assert.equal(typed('~/bin\r'), '~/bin\r')
  assert.equal(typed('~\r~.'), '~\rclosed')
})

test('a tilde elsewhere in a line is only a tilde', () => {
  assert.equal(typed('ls ~.', '~.', '~~'), 'ls ~.~.~~')
  assert.equal(typed('ä~.'), 'ä~.')
})
