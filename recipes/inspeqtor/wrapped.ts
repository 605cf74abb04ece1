import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { watched, type Asking, type Context } from './watched.ts'

/** The name of the main process of each systemd unit, a line each: `sidekiq su`. */
export const processesFact = (c: Asking): Command =>
  sh`
for name in ${watched(c).map(({ name }) => name)}; do
  pid=$(systemctl show -p MainPID --value "$name" 2>/dev/null)
  [ "\${pid:-0}" = 0 ] || printf '%s %s\n' "$name" "$(cat "/proc/$pid/comm")"
done 2>/dev/null`.probe()

/** Rules that measure only what starts a service, not the service itself: a rule on the process alone leaves out its children. */
export const wrapped = (c: Context): readonly { readonly message: string; readonly remedy: string }[] =>
  watched(c).flatMap(({ name, rules }) => {
    const line = (c.facts.runs?.stdout ?? '').split('\n').find((one) => one.startsWith(`${name} `))
    const comm = line?.slice(name.length + 1) ?? ''
    const alone = rules.filter(
      ({ metric: { family, name: of } }) => (family === 'memory' || family === 'cpu') && of?.startsWith('total_') === false,
    )
    if (!WRAPPERS.test(comm) || alone.length === 0) return []
    const metrics = (prefix: string) => [...new Set(alone.map(({ metric }) => `${metric.family}:${prefix}${metric.name}`))].join(', ')
    return [
      {
        message: `the main process of ${name} is ${comm}, so that a rule on ${metrics('')} never trips`,
        remedy: `measure the children too (${metrics('total_')}), or write exec before the command in the unit`,
      },
    ]
  })

const WRAPPERS = /^(su|sudo|runuser|sh|bash|dash|zsh|setpriv|setuidgid|chpst|env|timeout)$/
