import { cleanText } from './clean.ts'

/** Values shorter than this are masked only where they stand as a whole word: `ab` inside `table` says nothing. */
export const SHORT = 4

/**
 * Every way a secret is commonly written: as it is, quoted for a shell, URL-encoded, escaped in JSON, in base64; and each line of
 * one that has several, since output is looked at line by line.
 */
export const formsOf = (value: string): ReadonlySet<string> => {
  const forms = new Set<string>()
  for (const text of new Set([value, cleanText(value), ...value.split(/\r\n|\r|\n/)])) {
    if (text.length < SHORT) continue
    for (const form of [text, ...shell(text), ...url(text), ...json(text), ...base64(text)]) if (form.length >= SHORT) forms.add(form)
  }
  return forms
}

const shell = (text: string): string[] => [
  text.replaceAll("'", String.raw`'\''`),
  text.replaceAll("'", `'"'"'`),
  text.replace(/["$`\\]/g, '\\$&'),
  text.replace(/[^\w@%+=:,./-]/g, '\\$&'),
]

const url = (text: string): string[] => {
  if (Buffer.from(text).toString() !== text) return [] // a lone surrogate has no URL form
  const encoded = encodeURIComponent(text)
  const strict = encoded.replace(/[!'()*]/g, hex)
  return [encoded, strict, encodeURI(text)]
    .flatMap((form) => [form, form.replaceAll('%20', '+')])
    .flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())])
}

const hex = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`

const json = (text: string): string[] => {
  const escaped = JSON.stringify(text).slice(1, -1)
  const ascii = escaped.replace(/[\u007f-\uffff]/g, unicode)
  const html = escaped.replace(/[<>&]/g, unicode)
  return [escaped, ascii, html].flatMap((form) => [form, form.replaceAll('/', '\\/')])
}

const unicode = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * The value's base64, alone and within a longer one: three alignments, of each the digits that depend on the value alone.
 * Tools wrap at 76 (base64) and 64 (openssl) columns, so the pieces of a wrapped one count too.
 */
const base64 = (text: string): string[] => {
  const bytes = Buffer.from(text)
  const whole = bytes.toString('base64')
  const found = [whole, whole.replace(/=+$/, '')]
  for (const before of [0, 1, 2]) {
    const digits = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const core = digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
    if (core.length >= 8) found.push(core)
  }
  for (const width of [64, 76]) if (whole.length > width) found.push(...(whole.match(new RegExp(`.{${SHORT * 2},${width}}`, 'g')) ?? []))
  return found.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')])
}
