import { syntax, tokens, type Problem, type Token } from './lex.ts'
import type { Action, Amount, Check, Metric, Rule, Unit } from './types.ts'

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem }

/** Reserved words, which can be names only in quotes. */
export const KEYWORDS: readonly string[] = 'check service host with expose if for cycles then alert restart reload'.split(' ')

/** One rule in Inspeqtor's syntax, with or without its `if`. */
export const parseRule = (text: string): Parsed<Rule> =>
  parsing(text, (p) => {
    if (p.at('if')) p.next()
    const rule = readRule(p)
    p.end('the end of the rule')
    return rule
  })

/**
 * A whole .inq file, by the grammar of Inspeqtor 2.0.0: one check, at least one rule. Inspeqtor accepts whatever this accepts. It reports a
 * mistake in one line of its log, and does not watch the service.
 */
export const parseInq = (text: string): Parsed<Check> =>
  parsing(text, (p) => {
    p.word('check')
    const service = p.one('service', 'host').text === 'service' ? p.name("the service's name") : undefined
    const owners: [string, string][] = []
    if (p.at('with')) {
      do {
        p.next()
        owners.push([p.name('a key, such as owner'), p.name('its value')])
      } while (p.at(','))
    }
    const expose: string[] = []
    if (service !== undefined && p.at('expose')) {
      do {
        p.next()
        expose.push(p.name('what to expose'))
      } while (p.at(','))
    }
    const rules: Rule[] = []
    do {
      p.word('if')
      rules.push(readRule(p))
    } while (!p.atEnd())
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

export const told = ({ line, column, expected, found }: Problem): string =>
  `${line > 1 ? `line ${line}, ` : ''}column ${column}: expected ${expected}, found ${found}`

const readRule = (p: Reader): Rule => {
  const metric = readMetric(p)
  const side = p.one('<', '>').text as '<' | '>'
  const amount = readAmount(p)
  let cycles: number | undefined
  if (p.at('for')) {
    p.next()
    cycles = readCount(p)
    p.word('cycles')
  }
  p.word('then')
  const then = [readAction(p)]
  while (p.at(',')) {
    p.next()
    then.push(readAction(p))
  }
  return { metric, side, amount, ...(cycles !== undefined && { cycles }), then }
}

const readMetric = (p: Reader): Metric => {
  const family = p.name('a metric, such as memory:total_rss')
  if (p.at(':')) {
    p.next()
    return { family, name: p.name('the name of the metric') }
  }
  if (!p.at('(')) return { family }
  p.next()
  const name = p.name('the name of the metric')
  p.word(')')
  return { family, name, parens: true }
}

const readAmount = (p: Reader): Amount => {
  const token = p.next()
  const amount = token.kind === 'word' ? parseAmount(token.text) : undefined
  if (amount === undefined) throw wrong(token, 'a whole number with at most one of k m g t p, or a percentage (500m, 60%)')
  return amount
}

const readCount = (p: Reader): number => {
  const token = p.next()
  if (token.kind !== 'word' || !/^\d{1,9}$/.test(token.text)) throw wrong(token, 'a whole number of cycles')
  return Number(token.text)
}

const readAction = (p: Reader): Action => {
  const { text } = p.one('alert', 'restart', 'reload')
  if (text !== 'alert') return { do: text as 'restart' | 'reload' }
  return p.atName() ? { do: 'alert', route: p.name('a route') } : { do: 'alert' }
}

interface Reader {
  at(text: string): boolean
  atName(): boolean
  atEnd(): boolean
  next(): Token
  word(text: string): void
  one(...texts: readonly string[]): Token
  name(what: string): string
  end(what: string): void
}

const parsing = <T>(text: string, read: (p: Reader) => T): Parsed<T> => {
  try {
    return { ok: true, value: read(reader(tokens(text))) }
  } catch (error) {
    const { problem } = error as { problem?: Problem }
    if (problem === undefined) throw error
    return { ok: false, problem }
  }
}

const reader = (list: readonly Token[]): Reader => {
  let i = 0
  const now = (): Token => list[i]!
  const at = (text: string): boolean => (now().kind === 'word' || now().kind === 'sign') && now().text === text
  const next = (): Token => (i < list.length - 1 ? list[i++]! : now())
  const atName = () => now().kind === 'quoted' || (now().kind === 'word' && !KEYWORDS.includes(now().text))
  const one = (...texts: readonly string[]): Token => {
    if (!texts.some(at)) throw wrong(now(), texts.map((text) => JSON.stringify(text)).join(' or '))
    return next()
  }
  return {
    at,
    atName,
    atEnd: () => now().kind === 'end',
    next,
    word: (text) => void one(text),
    one,
    name: (what) => {
      if (atName()) return next().text
      const keyword = now().kind === 'word' ? ' (a keyword can be a name only in quotes)' : ''
      throw wrong(now(), `${what}${keyword}`)
    },
    end: (what) => {
      if (now().kind !== 'end') throw wrong(now(), what)
    },
  }
}

const wrong = ({ kind, text, line, column }: Token, expected: string): Error =>
  syntax({ line, column, expected, found: kind === 'end' ? 'the end' : JSON.stringify(text) })
