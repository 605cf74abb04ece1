import type { RunEvent, RunWarning } from '../../events/types.ts'
import { count } from '../../values/count.ts'
import { fold } from '../../values/fold.ts'
import type { EventOf } from '../event-lines.ts'
import type { FindingEvent } from '../findings.ts'
import { hostList } from '../format.ts'
import { groupFailures, type FailureGroup } from '../summary.ts'
import { MOST_ANNOTATIONS, type Annotation } from './commands.ts'
import { inHostOrder } from '../../values/host-order.ts'

/** What a run has to say in annotations, in order. */
export interface Problems {
  readonly failures: readonly FailureGroup[]
  readonly findings: readonly FindingEvent[]
  readonly warnings: readonly RunWarning[]
}

const MOST_NAMES = 8

/** One annotation for each kind of problem, with its hosts; the last one counts what has no room. */
export const annotationsOf = ({ failures, findings, warnings }: Problems): Annotation[] => {
  const errors = [...failures.map(ofFailure), ...findingsOf(findings, 'error')]
  const cautions = [...findingsOf(findings, 'warning'), ...warningsOf(warnings)]
  return [...withinLimit(errors), ...withinLimit(cautions)]
}

const withinLimit = (annotations: readonly Annotation[]): readonly Annotation[] => {
  const rest = annotations.length - MOST_ANNOTATIONS
  if (rest <= 0) return annotations
  const { level } = annotations[0]!
  const more = { level, title: 'shipit', message: `${count(rest + 1, `more ${level}`)}: see the end of the log` }
  return [...annotations.slice(0, MOST_ANNOTATIONS - 1), more]
}

const ofFailure = ({ failure, hosts }: FailureGroup): Annotation => ({
  level: 'error',
  title: [failure.task ?? 'shipit', hosts.length > 0 && `on ${hostList(hosts, MOST_NAMES)}`].filter(Boolean).join(' '),
  message: [failure.reason, failure.command, failure.output.at(-1), failure.hint].filter((part) => part !== undefined).join('\n'),
  where: failure.where,
})

const findingsOf = (findings: readonly FindingEvent[], level: FindingEvent['level']): Annotation[] => {
  const groups = fold(
    findings.filter((one) => one.level === level),
    ({ recipe, message, remedy }) => [recipe, message, remedy],
  )
  return groups.map((group) => {
    const { recipe, message, remedy } = group[0]
    const hosts = group.flatMap(({ host }) => (host === undefined ? [] : [host]))
    return { level, title: `${recipe}${hosts.length > 0 ? ` on ${hostList(hosts, MOST_NAMES)}` : ''}`, message: `${message}\n${remedy}` }
  })
}

const warningsOf = (warnings: readonly RunWarning[]): Annotation[] =>
  fold(warnings, ({ message }) => message).map((group) => {
    const hosts = group.flatMap(({ host }) => host ?? [])
    const { message } = group[0]
    return { level: 'warning', title: hosts.length > 0 ? `warning on ${hostList(hosts, MOST_NAMES)}` : 'warning', message }
  })

/** Collects {@link Problems} from events. */
export const createProblems = () => {
  const failures: EventOf<'failure'>['failure'][] = []
  const findings: FindingEvent[] = []
  let warnings: readonly RunWarning[] = []
  let hosts: readonly string[] | undefined
  return {
    event: (event: RunEvent): void => {
      if (event.type === 'run:start') hosts = event.hosts.map(({ host }) => host)
      if (event.type === 'failure') failures.push(event.failure)
      if (event.type === 'finding') findings.push(event)
      if (event.type === 'run:end') warnings = event.warnings ?? []
    },
    all: (): Problems => ({
      failures: groupFailures(failures, hosts),
      findings: inHostOrder(findings, ({ host }) => host, hosts),
      warnings,
    }),
  }
}
