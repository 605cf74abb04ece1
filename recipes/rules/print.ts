import { WORD } from './lex.ts'
import { KEYWORDS } from './parse.ts'
import type { Action, Amount, Check, Metric, Rule } from './types.ts'

/** A rule in Inspeqtor's syntax, without its `if`. */
export const printRule = ({ metric, side, amount, cycles, then }: Rule): string =>
  `${printMetric(metric)} ${side} ${printAmount(amount)}${cycles === undefined ? '' : ` for ${cycles} cycles`} then ${then.map(printAction).join(', ')}`

export const printMetric = ({ family, name, parens }: Metric): string =>
  name === undefined ? word(family) : parens ? `${word(family)}(${word(name)})` : `${word(family)}:${word(name)}`

const printAmount = ({ value, unit, perSec }: Amount): string => `${value}${unit}${perSec ? '/sec' : ''}`

/** A whole file, with comment lines at the top. */
export const printInq = (check: Check, comments: readonly string[] = []): string =>
  [
    ...comments.map((line) => `# ${line}`),
    `check ${check.service === undefined ? 'host' : `service ${word(check.service)}`}${listed(
      'with',
      check.with.map((pair) => pair.map(word).join(' ')),
    )}${listed('expose', check.expose.map(word))}`,
    ...check.rules.map((rule) => `  if ${printRule(rule)}`),
    '',
  ].join('\n')

const listed = (key: string, items: readonly string[]): string => (items.length === 0 ? '' : ` ${key} ${items.join(', ')}`)

const printAction = (action: Action): string =>
  action.do === 'alert' && action.route !== undefined ? `alert ${word(action.route)}` : action.do

/** Quotes a name if it needs quotes. */
const word = (name: string): string => {
  WORD.lastIndex = 0
  return WORD.exec(name)?.[0] === name && !KEYWORDS.includes(name) ? name : `"${name}"`
}
