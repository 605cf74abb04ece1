import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cleanText, oneLine } from '../../src/redact/clean.ts'
import { createLineSplitter, createStepLines, LONG_LINE } from '../../src/events/line-splitter.ts'
import { createRedactor } from '../../src/redact/redact.ts'

const none = createRedactor(() => new Set())

const linesOf = (chunks: readonly (Uint8Array | string)[], redactor = none): string[] => {
  const lines: string[] = []
  const reader = createLineSplitter((line) => lines.push(line), redactor)
  for (const chunk of chunks) reader.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  reader.end()
  return lines
}

test('lines come out as they were written, whatever the chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '漢', '😀') })), fc.array(fc.nat(200)), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
      const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
      const chunks = [0, ...places].map((start, i) => bytes.subarray(start, places[i] ?? bytes.length))
      assert.deepEqual(linesOf(chunks), lines)
    }),
  )
})

test('the last line needs no newline, and an empty line is a line', () => {
  assert.deepEqual(linesOf(['a\n\nb']), ['a', '', 'b'])
  assert.deepEqual(linesOf([]), [])
})

test('invalid UTF-8 is replaced and does not stop the reader', () => {
  assert.deepEqual(linesOf([Buffer.from([0x61, 0xff, 0x62, 0x0a]), Buffer.from([0xe6, 0xbc])]), ['a\ufffdb', '\ufffd'])
})

test('a progress bar gives its last state, and \\r\\n is one newline even if it is cut', () => {
  assert.deepEqual(linesOf(['10%\r50%\r', '100%\r', '\ndone\r', '\n\r\n']), ['100%', 'done', ''])
  assert.deepEqual(linesOf(['a\rb', 'c\r']), ['bc'])
})

test('an endless line is passed on in pieces, and an endless progress bar takes no memory', () => {
  const long = Array.from({ length: 20_000 }, (_, i) => `w${i}`).join(' ')
  const lines = linesOf([long, '\n'])
  assert.equal(lines.join(''), long)
  assert.ok(lines.length > 3)
  assert.ok(Math.max(...lines.map((line) => line.length)) <= LONG_LINE)
  const bars = linesOf(Array.from({ length: 5000 }, (_, i) => `${i} ${'#'.repeat(50)}\r`))
  assert.deepEqual(bars, [`4999 ${'#'.repeat(50)}`])
})

test('escape sequences are removed, except colours, which are closed', () => {
  assert.deepEqual(linesOf(['\u001b[2J\u001b[1;1Hhi\u001b]0;owned\u0007 \u001b[31mred\u001b[1A\n']), ['hi \u001b[31mred\u001b[0m'])
  assert.equal(cleanText('\u001b[31mred\u001b[0m\u0007 \u009b2Jx\u001bcy\u001bP1;2q..\u001b\\z\u202eo'), 'red xyzo')
  assert.equal(cleanText('\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\'), 'link')
  assert.equal(cleanText('unterminated \u001b]0;title'), 'unterminated 0;title')
  assert.equal(oneLine('a\n\tb\u0008'), 'a b')
})

test('cleaned text has no control character, whatever the input', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('\u001b', '[', ']', '3', '1', ';', 'm', 'H', '\u0007', '\u009b', '\\', 'P', 'a') }),
      (text) => {
        // eslint-disable-next-line no-control-regex
        assert.doesNotMatch(cleanText(text), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
        // eslint-disable-next-line no-control-regex
        assert.doesNotMatch(cleanText(text, true).replace(/\u001b\[[0-9;:]*m/g, ''), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
      },
    ),
    { numRuns: 2000 },
  )
})

test('a secret split over two chunks at any position is never shown', () => {
  const value = 'pä$$-wörd 42'
  const bytes = Buffer.from(`before ${value} after\n`)
  for (let at = 0; at <= bytes.length; at++) {
    assert.deepEqual(
      linesOf(
        [bytes.subarray(0, at), bytes.subarray(at)],
        createRedactor(() => new Set([value])),
      ),
      ['before [secret] after'],
    )
  }
})

test('a secret in an endless line is never shown, wherever the line is cut', () => {
  const value = 'S3CR3T-with-some-length'
  const redactor = createRedactor(() => new Set([value]))
  fc.assert(
    fc.property(
      fc.integer({ min: LONG_LINE - 100, max: LONG_LINE + 100 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.boolean(),
      (before, size, spaced) => {
        const text = (spaced ? 'x y ' : 'xxxx').repeat(before / 4) + 'x'.repeat(before % 4) + value + 'z'.repeat(LONG_LINE)
        const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size))
        const lines = linesOf(chunks, redactor)
        assert.equal(lines.join('').replace('[secret]', value), text)
        for (const line of lines) assert.doesNotMatch(line, /S3C|gth/)
      },
    ),
    { numRuns: 60 },
  )
})

test('the streams of several steps do not mix', () => {
  const seen: string[] = []
  const lines = createStepLines((step, stream, line) => seen.push(`${step} ${stream} ${line}`), none)
  lines.write('1', 'stdout', Buffer.from('a'))
  lines.write('1', 'stderr', Buffer.from('err\n'))
  lines.write('2', 'stdout', Buffer.from('b\n'))
  lines.end('1')
  lines.end('1')
  assert.deepEqual(seen, ['1 stderr err', '2 stdout b', '1 stdout a'])
})
