import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createStepLines } from '../../src/events/line-splitter.ts'
import { createRedactor } from '../../src/redact/redact.ts'

const bytes = (text: string): string[] => Array.from(Buffer.from(text), (byte) => byte.toString(16).padStart(2, '0'))
const utf16 = (text: string): string[] => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, '0'))
const points = (text: string): number[] => Array.from(text, (char) => char.codePointAt(0)!)
const some = (text: string, escape: (char: string) => string): string =>
  Array.from(text, (char, i) => (i % 3 === 1 ? escape(char) : char)).join('')
const percent = (text: string): string =>
  bytes(text)
    .map((byte) => `%${byte}`)
    .join('')

/** Ways to write a text. Nothing of it may be left, only the mask and the text around it. */
const ESCAPES: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'in quotes of a shell': (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`,
  'in other quotes of a shell': (text) => `'${text.replaceAll("'", `'"'"'`)}'`,
  'in double quotes of a shell': (text) => `"${text.replace(/["$`\\]/g, '\\$&')}"`,
  'by backslashes': (text) => text.replace(/[^\w@%+=:,./-]/g, '\\$&'),
  'as bash traces it': (text) =>
    `$'${Array.from(text, (c) =>
      /['\\]/.test(c)
        ? `\\${c}`
        : c > '~'
          ? bytes(c)
              .map((b) => `\\${Number.parseInt(b, 16).toString(8)}`)
              .join('')
          : c,
    ).join('')}'`,
  'in a URL': encodeURIComponent,
  'in a URL, in lower case': (text) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase()),
  'in a URL, strictly': (text) => encodeURIComponent(text).replace(/[!'()*~]/g, percent),
  'in a form': (text) => encodeURIComponent(text).replaceAll('%20', '+'),
  'in a URL, every byte': percent,
  'in a URL, some bytes': (text) => some(text, percent),
  'in JSON': (text) => JSON.stringify(text),
  'in JSON for ASCII': (text) => JSON.stringify(text).replace(/[\u007f-\uffff]/g, (char) => `\\u${utf16(char).join('')}`),
  'in JSON for HTML': (text) => JSON.stringify(text).replace(/[<>&'/]/g, (char) => `\\u${utf16(char).join('').toUpperCase()}`),
  'in JSON with every slash': (text) => JSON.stringify(text).replaceAll('/', '\\/'),
  'in JSON, all of it': (text) =>
    utf16(text)
      .map((code) => `\\u${code}`)
      .join(''),
  'in JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)),
  'for a shell, in JSON': (text) => JSON.stringify(`'${text.replaceAll("'", String.raw`'\''`)}'`),
  'by bytes in hex': (text) =>
    bytes(text)
      .map((byte) => `\\x${byte}`)
      .join(''),
  'by bytes in octal': (text) =>
    bytes(text)
      .map((byte) => `\\${Number.parseInt(byte, 16).toString(8).padStart(3, '0')}`)
      .join(''),
  'by code points': (text) =>
    points(text)
      .map((point) => `\\u{${point.toString(16)}}`)
      .join(''),
  'in HTML': (text) => text.replace(/[&<>"']/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[char]!),
  'in HTML by numbers': (text) =>
    points(text)
      .map((point) => `&#${point};`)
      .join(''),
  'in HTML by hex numbers': (text) =>
    points(text)
      .map((point) => `&#x${point.toString(16)};`)
      .join(''),
  'in SQL': (text) => text.replaceAll("'", "''"),
  'in CSV': (text) => text.replaceAll('"', '""'),
}

/** Encodings in which any part reveals a part of the value; `least`: how many characters in a row must not be shown. */
const DIGITS: Readonly<Record<string, { readonly write: (bytes: Buffer) => string; readonly per: number; readonly least: number }>> = {
  base64: { write: (all) => all.toString('base64'), per: 4 / 3, least: 8 },
  'base64 for URLs': { write: (all) => all.toString('base64url'), per: 4 / 3, least: 8 },
  hex: { write: (all) => all.toString('hex'), per: 2, least: 12 },
  'hex in capitals': { write: (all) => all.toString('hex').toUpperCase(), per: 2, least: 12 },
  'hex by colons': { write: (all) => all.toString('hex').replace(/..(?=.)/g, '$&:'), per: 3, least: 18 },
  'hex as od writes it': { write: (all) => all.toString('hex').replace(/..(?=.)/g, '$& '), per: 3, least: 18 },
  'hex as xxd writes it': { write: (all) => all.toString('hex').replace(/.{4}(?=.)/g, '$& '), per: 2.5, least: 16 },
}

const letters = Array.from('abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789')
const signs = [...letters, ...Array.from(` '"$\\/&+%=<>!*()~#;äé漢`)]
const token = fc
  .string({ minLength: 12, maxLength: 60, unit: fc.constantFrom(...letters) })
  .filter((v) => /\d.*[A-Z].*[a-z]|[a-z].*\d.*[A-Z]/.test(v))
// blanks at its ends are lost where lines are trimmed, and so is a backslash
const phrase = fc.string({ minLength: 6, maxLength: 40, unit: fc.constantFrom(...signs) }).map((v) => `p${v}w`)
/** Without characters that are lost at the end of a line. */
const unbroken = phrase.filter((v) => !/[\\ ]/.test(v))
const around = fc.string({ maxLength: 90, unit: fc.constantFrom(...Array.from('xyz =:,;.|\t-')) })

interface Sent {
  readonly values: readonly string[]
  readonly chunks: readonly (readonly ['stdout' | 'stderr', Buffer])[]
}

/** The lines that both streams of a step show. */
const shown = ({ values, chunks }: Sent): string[] => {
  const lines: string[] = []
  const steps = createStepLines(
    (_step, _stream, line) => lines.push(line),
    createRedactor(() => new Set(values)),
  )
  for (const [stream, chunk] of chunks) steps.write('s', stream, chunk)
  steps.end('s')
  return lines
}

/** The bytes of one stream, cut at these offsets. */
const cut = (
  text: string,
  places: readonly number[],
  stream: 'stdout' | 'stderr' = 'stdout',
): (readonly ['stdout' | 'stderr', Buffer])[] => {
  const all = Buffer.from(text)
  const ends = [...places.map((place) => place % (all.length + 1)), all.length].toSorted((a, b) => a - b)
  return ends.map((end, i) => [stream, all.subarray(i === 0 ? 0 : ends[i - 1]!, end)] as const)
}

const wrap = (text: string, width: number, end: string): string => (text.match(new RegExp(`.{1,${width}}`, 'gsu')) ?? []).join(end)

const bare = (line: string): string => line.replaceAll(/\u001b\[[\d;]*m/g, '').replaceAll('[secret]', '\u0001')

/** The longest stretch of `form` that a line shows. */
const seen = (form: string, lines: readonly string[]): string => {
  let longest = ''
  for (let at = 0; at < form.length; at++)
    while (at + longest.length < form.length && lines.some((line) => line.includes(form.slice(at, at + longest.length + 1))))
      longest = form.slice(at, at + longest.length + 1)
  return longest
}

for (const [way, write] of Object.entries(ESCAPES))
  test(`a secret written ${way} is never shown, wherever it is and however it arrives`, () => {
    fc.assert(
      fc.property(
        fc.oneof(token, phrase),
        around,
        around,
        fc.array(fc.nat(300), { maxLength: 6 }),
        fc.nat(60),
        (value, before, after, places, colour) => {
          const form = write(value)
          const lines = shown({ values: [value], chunks: cut(`${before}${form}${after}\n`, places) }).map(bare)
          assert.ok(!lines.join('\n').includes(form), `${form}: ${lines.join('\n')}`)
          // a part of a few characters reveals nothing; a quoted secret may lose its mark
          const part = seen(form, lines)
          assert.ok(part.length < Math.max(7, form.length / 2), `${JSON.stringify(part)} of ${form} in ${JSON.stringify(lines)}`)
          const coloured = shown({
            values: [value],
            chunks: cut(`${before}${form.slice(0, colour)}\u001b[3${colour % 8}m${form.slice(colour)}\u001b[0m${after}\n`, places),
          })
          assert.ok(!coloured.map(bare).join('').includes(form), `${form}: ${coloured.join('\n')}`)
        },
      ),
      { numRuns: 150 },
    )
  })

for (const [way, { write, per, least }] of Object.entries(DIGITS))
  test(`a secret in ${way} shows no part, after any text, wrapped at any width, cut into any chunks, on both streams`, () => {
    fc.assert(
      fc.property(
        fc.oneof(token, phrase),
        fc.constantFrom('', ':', 'u:', 'me:', '{"auths":{"https://index.example.com":{"auth":"deploy:'),
        fc.constantFrom('', '\n', '"}}}'),
        fc.constantFrom(0, 16, 20, 32, 60, 64, 72, 76, 100),
        fc.constantFrom('\n', '\r\n', '\n  ', '\\\n'),
        fc.array(fc.nat(400), { maxLength: 6 }),
        fc.boolean(),
        (value, before, after, width, end, places, both) => {
          const form = write(Buffer.from(`${before}${value}${after}`))
          const [from, to] = [Buffer.byteLength(before), Buffer.byteLength(before + value)]
          // the characters that depend on the value alone
          const own = form.slice(Math.ceil(from * per), Math.floor(to * per))
          const wrapped = width === 0 ? form : wrap(form, width, end)
          const lines = shown({ values: [value], chunks: both ? onBoth(wrapped) : cut(wrapped, places) }).map(bare)
          const part = seen(own, lines)
          assert.ok(part.length < least, `${part} of ${own} in ${JSON.stringify(lines)}`)
        },
      ),
      { numRuns: 300 },
    )
  })

const onBoth = (text: string): (readonly ['stdout' | 'stderr', Buffer])[] =>
  text.split(/(?<=\n)/).map((line, i) => [i % 2 === 0 ? ('stdout' as const) : ('stderr' as const), Buffer.from(line)] as const)

test('a secret wrapped at any width, on both streams, shows less than half of itself', () => {
  fc.assert(
    fc.property(
      fc.oneof(token, unbroken, fc.constantFrom('correct-horse-battery-staple', 'production-database-pass', 'hunter22hunter')),
      around,
      fc.integer({ min: 4, max: 40 }),
      fc.constantFrom('\n', '\r\n', '\n\t'),
      fc.boolean(),
      (value, before, width, end, both) => {
        const wrapped = `${before}${wrap(value, width, end)}`
        const lines = shown({ values: [value], chunks: both ? onBoth(wrapped) : cut(wrapped, []) }).map(bare)
        const left = wrap(value, width, '\n')
          .split('\n')
          .filter((_piece, i) => !lines[i]?.includes('\u0001'))
        assert.ok(
          left.join('').length <= Math.max(8, Math.ceil(value.length / 2)),
          `${JSON.stringify(left)} of ${value} in ${JSON.stringify(lines)}`,
        )
      },
    ),
    { numRuns: 500 },
  )
})
