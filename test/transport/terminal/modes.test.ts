import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trackModes } from '../../../src/transport/terminal/modes.ts'

const undone = (...chunks: string[]): string => {
  const modes = trackModes()
  for (const chunk of chunks) modes.output(Buffer.from(chunk))
  return modes.undo()
}

test('a program that undoes its modes itself needs nothing', () => {
  assert.equal(undone('plain text \u001b[31mred\u001b[0m \u001b[?25l\u001b[?25h \u001b[?1049h…\u001b[?1049l \u001b=\u001b>'), '')
})

test('modes that are still set are undone: the alternate screen, the mouse, the cursor, the keypad', () => {
  assert.equal(undone('\u001b[?1049h\u001b[?25l'), '\u001b[?1049l\u001b[?25h\u001b[0m')
  assert.equal(undone('\u001b[?1000;1006h\u001b='), '\u001b[?1000l\u001b[?1006l\u001b>\u001b[0m')
  assert.equal(undone('\u001b[?2004h', 'text', '\u001b[?1h'), '\u001b[?2004l\u001b[?1l\u001b[0m')
})

test('a sequence that arrives in parts counts once it is whole', () => {
  const all = 'abc\u001b[?1049h\u001b[?25l\u001b[?25h'
  for (let i = 1; i < all.length; i++) assert.equal(undone(all.slice(0, i), all.slice(i)), '\u001b[?1049l\u001b[0m', `cut at ${i}`)
  assert.equal(undone(...all), '\u001b[?1049l\u001b[0m')
})

test('other private modes are left alone', () => {
  assert.equal(undone('\u001b[?12h\u001b[?5h'), '')
})
