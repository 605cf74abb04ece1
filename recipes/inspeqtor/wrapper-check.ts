import { fact, sh } from '../../src/index.ts'
import type { Fact } from '../../src/index.ts'
import { watchedServices, type Here } from './services.ts'

/** The fact with the name of the main process of each systemd unit that has one. It is printed as one line per unit: `sidekiq su`. */
export const mainProcessFact = (c: Here): Fact<ReadonlyMap<string, string>> => {
  const names = watchedServices(c).map(({ name }) => name)
  const command = sh`
for name in ${names}; do
  pid=$(systemctl show -p MainPID --value "$name" 2>/dev/null)
  [ "\${pid:-0}" = 0 ] || printf '%s %s\n' "$name" "$(cat "/proc/$pid/comm")"
done 2>/dev/null`
  return fact(command, ({ stdout }) => new Map(names.flatMap((name) => processOf(name, stdout.split('\n')))))
}

/** Both names may have spaces in them. */
const processOf = (name: string, lines: readonly string[]): readonly (readonly [string, string])[] => {
  const line = lines.find((one) => one.startsWith(`${name} `))
  return line === undefined ? [] : [[name, line.slice(name.length + 1)]]
}

type Context = Here & { readonly facts: { readonly mainProcesses?: ReadonlyMap<string, string> | undefined } }

/** Rules that measure only a wrapper around the service: without `total_`, a metric leaves out the children of the main process. */
export const wrapperWarnings = (c: Context): readonly { readonly message: string; readonly remedy: string }[] =>
  watchedServices(c).flatMap(({ name, rules }) => {
    const process = c.facts.mainProcesses?.get(name) ?? ''
    const withoutChildren = rules.filter(
      ({ metric }) => (metric.family === 'memory' || metric.family === 'cpu') && metric.name?.startsWith('total_') === false,
    )
    if (!WRAPPERS.test(process) || withoutChildren.length === 0) return []
    const metrics = (prefix: string) =>
      [...new Set(withoutChildren.map(({ metric }) => `${metric.family}:${prefix}${metric.name}`))].join(', ')
    return [
      {
        message: `the main process of ${name} is ${process}, so a rule on ${metrics('')} never trips`,
        remedy: `measure the children too (${metrics('total_')}), or write exec before the command in the unit`,
      },
    ]
  })

const WRAPPERS = /^(su|sudo|runuser|sh|bash|dash|zsh|setpriv|setuidgid|chpst|env|timeout)$/
