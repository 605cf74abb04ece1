import { cleanText, oneLine } from '../../redact/clean.ts'
import type { RunEvent } from '../../events/types.ts'
import { humanTime } from '../../values/duration.ts'
import { EXIT } from '../../values/errors.ts'
import type { EventOf } from '../event-lines.ts'
import { hostList, SYMBOL } from '../format.ts'
import { STATE, type FailureGroup } from '../summary.ts'
import { createProblems } from './annotations.ts'
import { commitsText } from './commits-text.ts'
import { code, escaped, fenced } from './markdown.ts'

/** How many hosts, failures and lines of output are in a summary, which must stay far below GitHub's limit of 1 MiB a step. */
const MOST_HOSTS = 200
const MOST_FAILURES = 20
const MOST_LINES = 20
const LONGEST_LINE = 300
/** Hosts with different commits live have a list each. */
const MOST_RANGES = 5

/**
 * Collects what a run's summary needs. `markdown()` has the result, the new commits, what is live where, how long each host took, the failures, the
 * warnings and the commands to type next. undefined before `run:end`.
 */
export const createStepSummary = () => {
  const problems = createProblems()
  const times = new Map<string, { from: number; to: number }>()
  let start: EventOf<'run:start'> | undefined
  let deploy: EventOf<'deploy'> | undefined
  const commits: EventOf<'commits'>[] = []
  let end: EventOf<'run:end'> | undefined
  return {
    event: (event: RunEvent): void => {
      problems.event(event)
      if (event.type === 'run:start') start = event
      else if (event.type === 'deploy') deploy = event
      else if (event.type === 'commits') commits.push(event)
      else if (event.type === 'run:end') end = event
      else if (event.type === 'task:start' || event.type === 'task:end')
        times.set(event.host, { from: times.get(event.host)?.from ?? event.at, to: event.at })
    },
    markdown: (): string | undefined => {
      if (!start || !end) return undefined
      const { failures, findings, warnings } = problems.all()
      const took = (host: string): string => {
        const time = times.get(host)
        return time === undefined ? '' : humanTime(time.to - time.from)
      }
      return blocks([
        `### ${mark(end)} ${escaped(`${start.application} ${start.stage}: ${start.tasks.join(' ')}`)}`,
        `${escaped(end.headline)} (${humanTime(end.ms)})`,
        deploy && deployLine(deploy, start.user),
        ...commits.slice(0, MOST_RANGES).map((one) => commitsText(one, commits.length > 1)),
        commits.length > MOST_RANGES && `${commits.length - MOST_RANGES} more lists of commits are in the log.`,
        hostTable(end, took),
        ...failures.slice(0, MOST_FAILURES).map(failureText),
        failures.length > MOST_FAILURES && `${failures.length - MOST_FAILURES} more failures are in the log.`,
        list(findings.map((one) => `${one.level}${one.host === undefined ? '' : ` on ${one.host}`}: ${one.message}`)),
        list(warnings.map((one) => `${SYMBOL.warn} ${one.host === undefined ? '' : `${one.host}: `}${one.message}`)),
        end.next.length > 0 && nextText(end),
      ])
    },
  }
}

const blocks = (parts: readonly (string | false | undefined)[]): string => `${parts.filter(Boolean).join('\n\n')}\n\n`

const mark = ({ exit, warnings = [] }: EventOf<'run:end'>): string =>
  exit === EXIT.done ? (warnings.length > 0 ? SYMBOL.warn : SYMBOL.ok) : exit >= 128 ? SYMBOL.warn : SYMBOL.failed

/** What the run was for. The table says what became of it. */
const deployLine = ({ release, revision, branch }: EventOf<'deploy'>, user: string): string => {
  const commit = code(revision.slice(0, 7))
  const what =
    branch === '' ? `Rollback to release ${code(release)} (${commit})` : `Deploy of ${code(branch)} (${commit}) as release ${code(release)}`
  return `${what}, by ${escaped(user)}`
}

const hostTable = ({ live }: EventOf<'run:end'>, took: (host: string) => string): string | false => {
  if (live.length === 0) return false
  const rows = live.slice(0, MOST_HOSTS).map(({ host, release, revision, state, next }) => {
    const shown = state === 'unknown' ? '?' : 'none'
    const cells = [
      escaped(host),
      code(release ?? shown),
      revision === undefined ? '' : code(revision.slice(0, 7)),
      STATE[state],
      took(host),
    ]
    return next === undefined ? cells : [...cells.slice(0, 3), `${cells[3]}: ${code(next)}`, cells[4]!]
  })
  const more = live.length > MOST_HOSTS ? [[`and ${live.length - MOST_HOSTS} more`, '', '', '', '']] : []
  const table = [['host', 'release', 'commit', 'state', 'took'], ['---', '---', '---', '---', '---'], ...rows, ...more]
  return table.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const failureText = ({ failure, hosts }: FailureGroup): string => {
  const where = [failure.task, hosts.length > 0 && `on ${hostList(hosts, 8)}`].filter(Boolean).join(' ')
  const shown = failure.output.slice(-MOST_LINES).map((line) => cleanText(line).slice(0, LONGEST_LINE))
  const command = failure.command === undefined ? [] : [`$ ${cleanText(failure.command).trim().slice(0, LONGEST_LINE)}`]
  const text = [...command, ...shown].join('\n')
  return blocks([
    `${SYMBOL.failed} **${escaped(where === '' ? 'shipit' : where)}**: ${escaped(failure.reason)}${failure.where === undefined ? '' : ` (${escaped(failure.where)})`}`,
    text !== '' && fenced(text),
    failure.hint !== undefined && fenced(cleanText(failure.hint)),
  ]).trimEnd()
}

const nextText = ({ next }: EventOf<'run:end'>): string =>
  `Next:\n\n${fenced(next.flatMap(({ command, why }) => [...(why === undefined ? [] : [`# ${oneLine(why)}`]), oneLine(command)]).join('\n'))}`

const list = (items: readonly string[]): string | false =>
  items.length > 0 &&
  [...new Set(items)]
    .slice(0, MOST_FAILURES)
    .map((item) => `- ${escaped(item)}`)
    .join('\n')
