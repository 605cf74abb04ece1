import { type Amount, printMetric, type Rule } from '../rules/index.ts'

/** What Monit measures of a process, by Inspeqtor's names. */
const METRICS: Readonly<Record<string, { readonly words: string; readonly kind: 'size' | 'percent' | 'count' }>> = {
  'memory:rss': { words: 'memory', kind: 'size' },
  'memory:total_rss': { words: 'total memory', kind: 'size' },
  cpu: { words: 'cpu', kind: 'percent' },
  'cpu:total': { words: 'total cpu', kind: 'percent' },
  threads: { words: 'threads', kind: 'count' },
  children: { words: 'children', kind: 'count' },
}

/** Why Monit cannot express a rule, or undefined. */
export const cannot = (rule: Rule): string | undefined => {
  const { metric, amount, cycles, then } = rule
  const name = printMetric(metric)
  const known = METRICS[name]
  if (known === undefined) {
    if (/^cpu:(total_)?(user|system)$/.test(name))
      return `Monit does not separate user from system time: write ${name.includes('total_') ? 'cpu:total' : 'cpu'}`
    return `Monit does not measure ${name} of a process: ${Object.keys(METRICS).join(', ')}`
  }
  if (amount.perSec) return 'Monit has no /sec'
  if (known.kind === 'percent' && amount.unit !== '%' && amount.unit !== '') return `${name} is a percentage: ${amount.value}%`
  if (known.kind === 'count' && amount.unit !== '') return `${name} is a number: ${amount.value}`
  if (cycles !== undefined && (cycles < 1 || cycles > 64)) return 'Monit accepts 1 to 64 cycles'
  if (then.some((action) => action.do === 'reload')) return 'Monit cannot reload: use restart or alert'
  if (then.some((action) => action.do === 'alert' && action.route !== undefined))
    return 'Monit has no routes: `set alert` in monitrc sets who gets alerts'
  return undefined
}

/** A rule in Monit's syntax. A Monit rule has one action, and every action alerts too. */
export const ruleLine = ({ metric, side, amount, cycles, then }: Rule): string => {
  const { words, kind } = METRICS[printMetric(metric)]!
  const action = then.some((one) => one.do === 'restart') ? 'restart' : 'alert'
  return `if ${words} ${side} ${amountOf(amount, kind)}${cycles === undefined ? '' : ` for ${cycles} cycles`} then ${action}`
}

/** Monit knows B, KB, MB and GB, in powers of 1024. */
const amountOf = ({ value, unit }: Amount, kind: 'size' | 'percent' | 'count'): string => {
  if (kind === 'percent' || unit === '%') return `${value}%`
  if (kind === 'count') return `${value}`
  if (unit === 't' || unit === 'p') return `${value * (unit === 't' ? 1024 : 1024 ** 2)} GB`
  return `${value} ${unit.toUpperCase()}B`
}
