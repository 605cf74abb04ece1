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
import { request, sudoCalls } from './control-socket.ts'
import type { Context } from './facts.ts'
import { fileSet } from './install.ts'
import { remedy, sudoRule } from './remedies.ts'
import { MONIT } from '../by-name.ts'
import { INSPEQTOR_WATCHER, watchedServices } from './services.ts'
import { wrapperWarnings } from './wrapper-check.ts'

export const check = (c: Context): StepList => checkWatcher(c, INSPEQTOR_WATCHER, { checks: () => checks(c), steps: () => [answers(c)] })

/** What would make a deploy fail; the doctor reports it too. Of the calls that sudo refuses, only those that the host's client needs count. */
const checks = (c: Context): readonly Check[] => sudoFindings(c, sudoCalls(c), sudoRule(c))

/** Asks for the status, which changes nothing. */
const answers = (c: Context): Command =>
  sh`reply=$(${request(c, 'status')})
case $reply in (*'Inspeqtor '*) ;; (*) printf 'what answered is not Inspeqtor: %s\n' "\${reply:-nothing}" >&2; exit 1 ;; esac`
    .title('check that Inspeqtor answers')
    .timeout('30s')
    .hint(remedy(c))

/** What is wrong with Inspeqtor on a host. */
export const findings = (c: Context): readonly Finding[] =>
  watcherFindings(c, INSPEQTOR_WATCHER, () => [
    ...checks(c),
    ...unreadableFindings(c, INSPEQTOR_WATCHER),
    ...differingFindings(c, fileSet(c)),
    ...statusFindings(c),
    ...wrapperWarnings(c).map((one): Finding => ({ level: 'warning', ...one })),
    ...watchedServices(c).flatMap(({ service, rules }) => doubleRestart(service, c.settingsOf(MONIT)?.services[service] && rules)),
  ])

const statusFindings = (c: Context): readonly Finding[] => {
  const { status, failed } = c.facts.status ?? {}
  if (failed !== undefined) {
    // sudo's own checks report its refusal
    if (sudoRefused(failed.stderr)) return []
    const what = remedy(c)({ ...failed, stderr: failed.stderr || 'No such file' })
    return [{ level: levelOf(c), message: `Inspeqtor does not answer on ${c.settings.socket}`, remedy: what }]
  }
  if (status === undefined) return []
  return [...silenceFindings(c, status.silencedUntil), ...watchedServices(c).flatMap(({ name }) => upFindings(c, name, status.services))]
}

/** If a deploy is running, the core reports its lock. */
const silenceFindings = (c: Context, until: string | undefined): readonly Finding[] =>
  until === undefined
    ? []
    : [
        {
          level: 'warning',
          message: `Inspeqtor is silenced until ${until}`,
          remedy: `when no deploy is running: ${c.shipit('inspeqtor:unsilence')}`,
        },
      ]

const upFindings = (c: Context, name: string, services: readonly { readonly name: string; readonly up: boolean }[]): readonly Finding[] => {
  const service = services.find((one) => one.name === name)
  if (service?.up) return []
  return [
    service === undefined
      ? {
          level: 'error',
          message: `Inspeqtor does not know ${name}`,
          remedy: `is the unit installed and enabled? Then ${c.shipit('inspeqtor:install')}`,
        }
      : {
          level: 'error',
          message: `Inspeqtor reports that ${name} is down`,
          remedy: 'start it: Inspeqtor never starts a service that is down',
        },
  ]
}
