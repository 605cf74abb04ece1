import { cleanText } from './clean.ts'

/** Values shorter than this are masked only as a whole word: `ab` inside `table` gives nothing away. */
export const SHORT = 4

/** The forms in which a secret may be written. */
export interface Encodings {
  /** the value itself, and its lines: to find in unescaped text */
  readonly plain: ReadonlySet<string>
  /** masked anywhere */
  readonly whole: ReadonlySet<string>
  /** its base64, where a part gives the value away too: a line of a wrapped one */
  readonly base64: ReadonlySet<string>
  /** its hex digits, by how they are grouped: the number of characters for six bytes → the forms */
  readonly hex: ReadonlyMap<number, ReadonlySet<string>>
}

/**
 * Every way a secret is commonly written: as it is, quoted for a shell, URL-encoded, escaped in JSON, in base64, in hex; and each line of
 * a value that has several, because output is searched line by line. {@link unescaped} covers other escapes of single characters.
 */
export const encodingsOf = (value: string): Encodings => {
  const plain = new Set<string>()
  const whole = new Set<string>()
  const digits = new Set<string>()
  const dumps = new Map([12, 14, 17].map((length) => [length, new Set<string>()]))
  for (const text of new Set([value, cleanText(value), ...value.split(/\r\n|\r|\n/), ...passwordsIn(value)].flatMap(withBlanks))) {
    if (text.length < SHORT) continue
    plain.add(text)
    for (const form of [text, ...shell(text), ...url(text), ...json(text), ...doubled(text)]) if (form.length >= SHORT) whole.add(form)
    if (!text.isWellFormed() || Buffer.byteLength(text) < 5) continue
    for (const form of base64(text)) digits.add(form)
    for (const [length, form] of hex(text)) for (const cased of [form, form.toUpperCase()]) dumps.get(length)!.add(cased)
  }
  return { plain, whole: new Set([whole, digits, ...dumps.values()].flatMap((set) => [...set])), base64: digits, hex: dumps }
}

/** A text; as `echo $VALUE` prints it, because a shell splits an unquoted word at blanks; and with a blank for each tab. */
const withBlanks = (text: string): string[] =>
  /\n/.test(text) ? [text] : [text, text.trim(), text.trim().replace(/\s+/g, ' '), text.replaceAll('\t', ' ')]

/** The password of a secret that is a URL, as written there and as programs decode it. */
const passwordsIn = (value: string): string[] => {
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*?:([^\s]+)@[^@\s]*$/i.exec(value)?.[1]
  if (password === undefined) return []
  try {
    return [password, decodeURIComponent(password)]
  } catch {
    return [password]
  }
}

const shell = (text: string): string[] => [
  text.replaceAll("'", String.raw`'\''`),
  text.replaceAll("'", `'"'"'`),
  text.replace(/["$`\\]/g, '\\$&'),
  text.replace(/[^\w@%+=:,./-]/g, '\\$&'),
]

/** SQL, CSV and YAML double a quote inside a text in the same quotes. */
const doubled = (text: string): string[] => [text.replaceAll("'", "''"), text.replaceAll('"', '""')]

const url = (text: string): string[] => {
  if (!text.isWellFormed()) return [] // a lone surrogate has no URL form
  const coded = encodeURIComponent(text)
  const strict = coded.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  return [coded, strict, encodeURI(text)]
    .flatMap((form) => [form, form.replaceAll('%20', '+')])
    .flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())])
}

const json = (text: string): string[] => {
  const escaped = JSON.stringify(text).slice(1, -1)
  const ascii = escaped.replace(/[\u007f-\uffff]/g, unicode)
  const html = escaped.replace(/[<>&]/g, unicode)
  return [escaped, ascii, html].flatMap((form) => [form, form.replaceAll('/', '\\/')])
}

const unicode = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/** The base64 of a value, alone and inside a longer one: for each of three alignments, the digits that depend only on the value. */
const base64 = (text: string): string[] => {
  const bytes = Buffer.from(text)
  const found = [0, 1, 2].map((before) => {
    const digits = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
  const whole = bytes.toString('base64')
  return [whole, whole.replace(/=+$/, ''), ...found]
    .filter((form) => form.length >= 6)
    .flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')])
}

/** Ungrouped, and grouped as od, hexdump, xxd and fingerprints do, with the number of characters for six bytes. */
const hex = (text: string): [number, string][] => {
  const digits = Buffer.from(text).toString('hex')
  const pairs = digits.match(/../g)!
  const words = (from: number): string =>
    `${digits.slice(0, from)} ${digits
      .slice(from)
      .match(/.{1,4}/g)!
      .join(' ')}`.trim()
  return [
    [12, digits],
    [17, pairs.join(' ')],
    [17, pairs.join(':')],
    [14, words(0)],
    [14, words(2)],
  ]
}
