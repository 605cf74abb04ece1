/** An unescaped text as bytes (one UTF-16 unit each), and the position of each in the original text, with one more entry for the end. */
export interface Unescaped {
  readonly bytes: string
  readonly at: readonly number[]
}

/** The escapes that shells, URLs, JSON and C, and HTML use for single characters, whichever characters they escape. */
export const ESCAPES: readonly RegExp[] = [
  /'\\''|'"'"'/g,
  /%[0-9a-f]{2}/gi,
  /\\u[0-9a-f]{4}(?:\\u[0-9a-f]{4})*|\\u\{[0-9a-f]{1,6}\}|\\x[0-9a-f]{2}|\\[0-7]{3}|\\[^\n]/gi,
  /&#\d{1,7};|&#x[0-9a-f]{1,6};|&(?:amp|lt|gt|quot|apos);/gi,
]

/** Undoes one kind of {@link ESCAPES}, once. undefined if there is none. */
export const unescaped = ({ bytes, at }: Unescaped, kind: RegExp): Unescaped | undefined => {
  kind.lastIndex = 0
  let match = kind.exec(bytes)
  if (match === null) return undefined
  let out = ''
  const positions: number[] = []
  let from = 0
  const keep = (to: number): void => {
    out += bytes.slice(from, to)
    for (let i = from; i < to; i++) positions.push(at[i]!)
  }
  for (; match !== null; match = kind.exec(bytes)) {
    keep(match.index)
    const made = meaning(match[0])
    out += made
    for (let i = 0; i < made.length; i++) positions.push(at[match.index]!)
    from = match.index + match[0].length
  }
  keep(bytes.length)
  positions.push(at[bytes.length]!)
  return { bytes: out, at: positions }
}

/** The UTF-8 bytes of a text, and the position of each. */
export const bytesOf = (text: string): Unescaped => {
  // oxlint-disable-next-line no-control-regex
  if (/^[\u0000-\u007f]*$/.test(text)) return { bytes: text, at: Array.from({ length: text.length + 1 }, (_, i) => i) }
  let bytes = ''
  const at: number[] = []
  let position = 0
  for (const char of text) {
    const coded = utf8(char)
    bytes += coded
    for (let i = 0; i < coded.length; i++) at.push(position)
    position += char.length
  }
  at.push(text.length)
  return { bytes, at }
}

/** A text as its UTF-8 bytes, one UTF-16 unit each. */
export const utf8 = (text: string): string => Buffer.from(text).toString('latin1')

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const meaning = (escape: string): string => {
  if (escape.startsWith("'")) return "'"
  if (escape.startsWith('%')) return byte(escape.slice(1), 16)
  if (escape.startsWith('&')) {
    const [, hex, digits = '', name = ''] = /^&(?:#(x?)([0-9a-f]+)|(\w+));$/i.exec(escape)!
    return NAMED[name.toLowerCase()] ?? point(digits, hex ? 16 : 10)
  }
  if (/^\\u\{/i.test(escape)) return point(escape.slice(3, -1), 16)
  if (/^\\u./i.test(escape))
    return utf8(
      String.fromCharCode(
        ...escape
          .slice(2)
          .split(/\\u/i)
          .map((digits) => Number.parseInt(digits, 16)),
      ),
    )
  if (/^\\x./i.test(escape)) return byte(escape.slice(2), 16)
  if (/^\\[0-7]{3}/.test(escape)) return byte(escape.slice(1), 8)
  return escape.slice(1)
}

const byte = (digits: string, base: number): string => String.fromCharCode(Number.parseInt(digits, base) & 0xff)

const point = (digits: string, base: number): string => {
  const code = Number.parseInt(digits, base)
  return code > 0x10ffff ? '' : utf8(String.fromCodePoint(code))
}
