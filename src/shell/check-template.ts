import { ShipitError, usageError } from '../values/errors.ts'
import { pieces } from './flatten-template.ts'
import type { Piece } from './flatten-template.ts'
import { scanner } from './scanner/scan.ts'
import { checkWords } from './render-template.ts'
import type { Part, ShValue } from './types.ts'

/**
 * Returns the parts of a template. Throws a ShipitError that quotes the template unless every interpolation is a word, in a place where
 * a quoted word arrives as one argument.
 */
export const templateParts = (raws: readonly string[], values: readonly ShValue[], bash?: true): readonly Part[] => {
  const texts = trimmed(raws.map(unescaped))
  const parts = texts.flatMap((text, i): Part[] => [
    ...(text === '' ? [] : [{ text }]),
    ...(i < values.length ? [{ value: values[i]! }] : []),
  ])
  const source = (at?: number) =>
    `sh${bash ? '.bash' : ''}\`${texts.map((text, i) => (i < values.length ? `${text}\${${i + 1 === at ? 'HERE' : '…'}}` : text)).join('')}\``
  try {
    const list = pieces(parts)
    checkOnce(list, source, bash)
    checkWords(list)
  } catch (error) {
    if (!(error instanceof ShipitError) || /sh(\.bash)?`/.test(error.message)) throw error
    throw usageError(`${error.message}, in ${source()}`, { hint: error.hint, cause: error })
  }
  return Object.freeze(parts)
}

/** The first unquoted operator in a command's text, which makes it more than one command. */
export const operatorOf = (parts: readonly Part[]): string | undefined => {
  const scan = scanner()
  for (const piece of pieces(parts)) 'text' in piece ? scan.text(piece.text) : scan.interpolation()
  return scan.operator
}

/**
 * A template is built again for every host and every plan. Only the text between its interpolations matters here, so a template that passed
 * once is not scanned again.
 */
const checkOnce = (list: readonly Piece[], source: (at?: number) => string, bash?: true): void => {
  const shape = list.map((piece) => ('text' in piece ? piece.text : '\0')).join('')
  // a NUL in the text itself would be taken for an interpolation
  const keyed = list.every((piece) => !('text' in piece && piece.text.includes('\0')))
  const passed = bash ? passedInBash : passedInSh
  if (keyed && passed.has(shape)) return
  check(list, source, bash)
  if (passed.size >= MOST) passed.clear()
  if (keyed) passed.add(shape)
}
const passedInSh = new Set<string>()
const passedInBash = new Set<string>()
/** How many templates are remembered: raw text may differ from host to host, and must not fill the memory. */
const MOST = 2000

const check = (list: readonly Piece[], source: (at?: number) => string, bash?: true): void => {
  const scan = scanner()
  if (list.length === 0) throw usageError(`an empty command: ${source()}`)
  for (const piece of list) {
    if ('text' in piece) {
      scan.text(piece.text)
      continue
    }
    const where = scan.interpolation()
    if (where !== undefined) throw usageError(`interpolation ${piece.at} is ${where}: ${source(piece.at)}`, { hint: hint(where) })
  }
  const open = scan.end()
  if (open !== undefined) throw usageError(`the command ${open}: ${source()}`)
  if (scan.bash && !bash)
    throw usageError(`${scan.bash.what} is bash syntax, and commands run in sh: ${source()}`, {
      hint: `${scan.bash.instead}; or run it in bash: sh.bash\`…\``,
    })
}

const hint = (where: string): string => {
  if (/double|single/.test(where) && where.startsWith('inside')) {
    return 'shipit quotes every interpolation: remove the quotes, and put the text that belongs to it beside it or inside it (${`a ${b}`})'
  }
  if (where.includes('comment')) return 'a comment needs no values: write it in TypeScript'
  if (where.includes('~')) return "write path('~/…') for the home of whoever runs the command, or raw(…)"
  if (where.includes('backtick')) return 'write $( … ), where interpolations work'
  return 'pass it in the environment: sh`… "$NAME" …`.env({ NAME: value })'
}

/** Undoes the escapes that JavaScript requires. Everything else reaches the shell with its backslash. */
const unescaped = (raw: string): string =>
  raw.replace(/\\(`|\$\{|[^])/g, (whole, next: string) => (next === '`' || next === '${' ? next : whole))

/** Blank space around the command is layout, but a space after a backslash is not. */
const trimmed = (texts: readonly string[]): string[] =>
  texts.map((text, i) => {
    const left = i === 0 ? text.replace(/^\s+/, '') : text
    return i === texts.length - 1 ? left.replace(/(?<!\\)\s+$/, '') : left
  })
