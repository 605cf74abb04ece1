import { syntaxError, tokens, type Problem, type Token } from './lex.ts'
import type { Action, Amount, Check, Metric, Rule, Unit } from './types.ts'

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem }

/** Reserved words, which can be names only in quotes. */
export const KEYWORDS: readonly string[] = 'check service host with expose if for cycles then alert restart reload'.split(' ')

/** One rule in Inspeqtor's syntax, with or without its `if`. */
export const parseRule = (text: string): Parsed<Rule> =>
  parsing(text, (reader) => {
    reader.skip('if')
    const rule = readRule(reader)
    if (!reader.atEnd()) throw unexpected(reader.next(), 'the end of the rule')
    return rule
  })

/**
 * A whole .inq file, by the grammar of Inspeqtor 2.0.0: one check, at least one rule. Inspeqtor accepts whatever this accepts. It reports a
 * mistake in one line of its log, and does not watch the service.
 */
export const parseInq = (text: string): Parsed<Check> =>
  parsing(text, (reader) => {
    reader.one('check')
    const service = reader.one('service', 'host').text === 'service' ? reader.name("the service's name") : undefined
    const owners: [string, string][] = []
    if (reader.skip('with')) {
      do owners.push([reader.name('a key, such as owner'), reader.name('its value')])
      while (reader.skip(','))
    }
    const expose: string[] = []
    if (service !== undefined && reader.skip('expose')) {
      do expose.push(reader.name('what to expose'))
      while (reader.skip(','))
    }
    const rules: Rule[] = []
    do {
      reader.one('if')
      rules.push(readRule(reader))
    } while (!reader.atEnd())
    return { ...(service !== undefined && { service }), with: owners, expose, rules }
  })

/** `500m`, `60%`, `10`, `1g/sec`; undefined if it is not an amount, or too large for an exact number. */
const parseAmount = (text: string): Amount | undefined => {
  const [, digits, unit = '', perSec] = /^(\d+)(?:([kmgtp]|%(?!\/))?(\/sec)?)$/i.exec(text) ?? []
  const value = Number(digits)
  if (digits === undefined || !Number.isSafeInteger(value * SIZES[unit.toLowerCase() as Unit])) return undefined
  return { value, unit: unit.toLowerCase() as Unit, perSec: perSec === '/sec' }
}

/** The factor of each unit. */
export const SIZES: Readonly<Record<Unit, number>> = { '': 1, '%': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4, p: 1024 ** 5 }

/** Where a rule has a syntax error, and what was expected there. */
export const problemText = ({ line, column, expected, found }: Problem): string =>
  `${line > 1 ? `line ${line}, ` : ''}column ${column}: expected ${expected}, found ${found}`

const readRule = (reader: Reader): Rule => {
  const metric = readMetric(reader)
  const side = reader.one('<', '>').text as '<' | '>'
  const amount = readAmount(reader.next())
  let cycles: number | undefined
  if (reader.skip('for')) {
    cycles = readCount(reader.next())
    reader.one('cycles')
  }
  reader.one('then')
  const then: Action[] = []
  do then.push(readAction(reader))
  while (reader.skip(','))
  return { metric, side, amount, ...(cycles !== undefined && { cycles }), then }
}

const readMetric = (reader: Reader): Metric => {
  const family = reader.name('a metric, such as memory:total_rss')
  const nameOf = () => reader.name('the name of the metric')
  if (reader.skip(':')) return { family, name: nameOf() }
  if (!reader.skip('(')) return { family }
  const name = nameOf()
  reader.one(')')
  return { family, name, parens: true }
}

const readAmount = (token: Token): Amount => {
  const amount = token.kind === 'word' ? parseAmount(token.text) : undefined
  if (amount === undefined) throw unexpected(token, 'a whole number with at most one of k m g t p, or a percentage (500m, 60%)')
  return amount
}

const readCount = (token: Token): number => {
  if (token.kind !== 'word' || !/^\d{1,9}$/.test(token.text)) throw unexpected(token, 'a whole number of cycles')
  return Number(token.text)
}

const readAction = (reader: Reader): Action => {
  const { text } = reader.one('alert', 'restart', 'reload')
  if (text !== 'alert') return { do: text as 'restart' | 'reload' }
  return reader.atName() ? { do: 'alert', route: reader.name('a route') } : { do: 'alert' }
}

type Reader = ReturnType<typeof createReader>

const parsing = <T>(text: string, read: (reader: Reader) => T): Parsed<T> => {
  try {
    return { ok: true, value: read(createReader(tokens(text))) }
  } catch (error) {
    const { problem } = error as { problem?: Problem }
    if (problem === undefined) throw error
    return { ok: false, problem }
  }
}

const createReader = (list: readonly Token[]) => {
  let index = 0
  const current = (): Token => list[index]!
  const at = (text: string): boolean => (current().kind === 'word' || current().kind === 'sign') && current().text === text
  const atEnd = (): boolean => current().kind === 'end'
  const atName = (): boolean => current().kind === 'quoted' || (current().kind === 'word' && !KEYWORDS.includes(current().text))
  const next = (): Token => (index < list.length - 1 ? list[index++]! : current())
  return {
    at,
    atEnd,
    atName,
    next,
    /** One of these words or signs. */
    one: (...texts: readonly string[]): Token => {
      if (!texts.some(at)) throw unexpected(current(), texts.map((text) => JSON.stringify(text)).join(' or '))
      return next()
    },
    name: (what: string): string => {
      if (atName()) return next().text
      const keyword = current().kind === 'word' ? ' (a keyword can be a name only in quotes)' : ''
      throw unexpected(current(), `${what}${keyword}`)
    },
    /** Whether this word or sign comes next; skips it then. */
    skip: (text: string): boolean => {
      const found = at(text)
      if (found) index++
      return found
    },
  }
}

const unexpected = ({ kind, text, line, column }: Token, expected: string): Error =>
  syntaxError({ line, column, expected, found: kind === 'end' ? 'the end' : JSON.stringify(text) })
