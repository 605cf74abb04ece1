import { type Metric, printMetric, type Rule } from '../rules/index.ts'

/** What Inspeqtor measures of a process. The `total_` metrics include all of its children. */
const PROCESS = ['memory:rss', 'memory:total_rss', 'cpu:user', 'cpu:system', 'cpu:total_user', 'cpu:total_system']
/** Programs with metrics of their own in Inspeqtor. shipit accepts any name of such a metric. */
const DAEMONS = ['redis', 'mysql', 'memcached', 'nginx', 'postgresql']
const HOST = ['swap', 'load:1', 'load:5', 'load:15', 'cpu', 'cpu:user', 'cpu:system', 'cpu:iowait', 'cpu:steal']

/** Why a valid rule would never do anything, or undefined. Inspeqtor accepts what it does not know, and reports nothing. */
export const ineffective = (rule: Rule, of: 'service' | 'host'): string | undefined => {
  const metric = printMetric({ family: rule.metric.family, ...(rule.metric.name !== undefined && { name: rule.metric.name }) })
  if (!isMeasured(rule.metric, metric, of))
    return `Inspeqtor does not measure ${metric} of a ${of === 'host' ? 'host' : 'service'}: ${(of === 'host' ? [...HOST, 'disk:/'] : [...PROCESS, ...DAEMONS.map((name) => `${name}:…`)]).join(', ')}`
  if (of === 'host' && rule.then.some((action) => action.do !== 'alert')) return 'a rule of the host can only alert: then alert'
  const size = metric.startsWith('memory:')
  if (size && rule.amount.unit === '%') return `${metric} is a size: 500m, not ${rule.amount.value}%`
  if (!size && (metric === 'swap' || /^(cpu|disk)/.test(metric)) && rule.amount.unit !== '%' && rule.amount.unit !== '')
    return `${metric} is a percentage: ${rule.amount.value}%`
  return undefined
}

const isMeasured = (metric: Metric, text: string, of: 'service' | 'host'): boolean => {
  if (of === 'host') return HOST.includes(text) || (metric.family === 'disk' && metric.name?.startsWith('/') === true)
  return PROCESS.includes(text) || (DAEMONS.includes(metric.family) && metric.name !== undefined)
}
