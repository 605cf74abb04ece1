import { sh, sudoRefused } from '../../src/index.ts'
import type { Command, Finding, StepList } from '../../src/index.ts'
import type { Check } from '../../src/kit/index.ts'
import {
  checkWatcher,
  differingFindings,
  doubleRestart,
  levelOf,
  sudoFindings,
  unreadableFindings,
  watcherFindings,
} from '../rules/index.ts'
import { type Context, deployCalls, firstLine } from './facts.ts'
import { fileSet } from './install.ts'
import { ownerFindings } from './ownership.ts'
import { monitWords, remedy, sudoRule } from './remedies.ts'
import { INSPEQTOR } from '../by-name.ts'
import { MONIT_WATCHER, type WatchedService, watchedServices } from './services.ts'

export const check = (c: Context): StepList =>
  checkWatcher(c, MONIT_WATCHER, { checks: () => checks(c), steps: () => watchedServices(c).map(({ name }) => isKnown(c, name)) })

/** What would make a deploy fail; the doctor reports it too. */
const checks = (c: Context): readonly Check[] => [...ownerFindings(c), ...sudoFindings(c, deployCalls(c), sudoRule(c))]

/** A service that Monit does not know yet does not stop a deploy. */
const isKnown = (c: Context, name: string): Command =>
  sh`LC_ALL=C; export LC_ALL
output=$(${monitWords(c)} -B status ${name} 2>&1) || {
  printf '%s\n' "$output" >&2
  case $output in (*'not found'*) exit ${UNKNOWN} ;; (*) exit 1 ;; esac
}`
    .title(`check that Monit knows ${name}`)
    .allowFailure({ codes: [UNKNOWN] })
    .hint(remedy(c))

const UNKNOWN = 9

/** What is wrong with Monit on a host. */
export const findings = (c: Context): readonly Finding[] =>
  watcherFindings(c, MONIT_WATCHER, () => [
    ...checks(c),
    ...unreadableFindings(c, MONIT_WATCHER),
    ...(c.facts.ours === undefined || c.facts.ours.why !== undefined ? [] : differingFindings(c, fileSet(c))),
    ...watchedServices(c).flatMap((one) => serviceFindings(c, one)),
  ])

const serviceFindings = (c: Context, { name, service }: WatchedService): readonly Finding[] => [
  ...statusFindings(c, name),
  ...matchFindings(c, name),
  ...doubleRestart(service, c.settingsOf(INSPEQTOR)?.services[service]?.rules),
]

const statusFindings = (c: Context, name: string): readonly Finding[] => {
  const status = c.facts.statuses?.find((one) => one.name === name)
  if (status === undefined) return []
  const {
    state,
    answer: { ok, code, stdout },
  } = status
  const what = remedy(c)({ code, stdout, stderr: '' })
  // sudo's own check reports its refusal
  if (!ok && sudoRefused(stdout)) return []
  if (!ok) return [{ level: levelOf(c), message: `Monit does not report the status of ${name}: ${firstLine(stdout)}`, remedy: what }]
  if (state === 'Not monitored')
    return [
      { level: 'warning', message: `Monit does not monitor ${name}`, remedy: `when no deploy is running: ${c.shipit('monit:monitor')}` },
    ]
  return ['OK', 'Running'].includes(state) ? [] : [{ level: 'error', message: `Monit reports for ${name}: ${state}`, remedy: what }]
}

const matchFindings = (c: Context, name: string): readonly Finding[] => {
  const { count = 0 } = c.facts.matches?.find((one) => one.name === name) ?? {}
  const message = `${count} processes match what Monit looks for as ${name}; it takes one of them`
  return count > 1 ? [{ level: 'warning', message, remedy: 'narrow `matching`, or use a pidfile' }] : []
}
