import type { LiveRelease, NextCommand, RunWarning } from '../events/types.ts'
import type { Host } from '../inventory/types.ts'
import { sshTo } from '../shell/ssh-command.ts'
import { count } from '../values/count.ts'
import { EXIT, SIGNAL_EXIT } from '../values/errors.ts'
import { path } from '../values/path.ts'
import { headline } from './headline.ts'
import { nextCommands } from './next-commands.ts'
import type { OutcomeInput } from './outcome-input.ts'
import type { RunState } from './state.ts'

/** From worst to best: the worst code of a run is its exit code. */
const ORDER: readonly number[] = [
  EXIT.split,
  EXIT.rolledBack,
  EXIT.liveButFailed,
  EXIT.hangup,
  EXIT.interrupted,
  EXIT.terminated,
  EXIT.unreachable,
  EXIT.usage,
  EXIT.locked,
  EXIT.failed,
]

export interface Outcome {
  readonly exit: number
  readonly headline: string
  readonly live: readonly LiveRelease[]
  readonly next: readonly NextCommand[]
  /** for the last lines, if they were not events before */
  readonly warnings?: readonly RunWarning[]
}

/** The exit code, the headline, and what is live where. Nothing else decides these. */
export const decideOutcome = (state: RunState, input: OutcomeInput): Outcome => {
  const live = input.releasing ? liveReleases(state, input) : []
  const codes = state.failures.map((failure) => failure.exit)
  if (state.interrupted) codes.push(SIGNAL_EXIT[state.interrupted])
  const changed = state.switched.size > 0 || live.some((host) => host.state === 'switched')
  const everywhere = live.every((host) => host.state !== 'unknown' && host.release === input.release)
  const unknown = live.some((host) => host.state === 'unknown')
  if ((changed && !everywhere) || (unknown && state.unsure.size > 0)) codes.push(EXIT.split)
  else if (changed && state.failures.length > 0) codes.push(EXIT.liveButFailed)
  // nothing failed, but nothing switched either: not what was asked for
  if (codes.length === 0 && !everywhere) codes.push(EXIT.failed)
  const exit = ORDER.find((code) => codes.includes(code)) ?? EXIT.done
  // a run that ended before it read any host has nothing to show of them
  const reported = live.every((host) => host.state === 'unknown') && state.unsure.size === 0 ? [] : live
  return { exit, headline: headline(exit, input, state, reported), live: reported, next: nextCommands(exit, input, reported, state) }
}

export interface DoctorInput {
  /** hosts that were examined */
  readonly hosts: readonly string[]
  readonly checks: number
  readonly findings: readonly { readonly host: string | undefined; readonly level: 'error' | 'warning' }[]
}

/** The same for the doctor, which changes nothing: its findings, and the hosts that it could not examine. Warnings are not failures. */
export const decideDoctor = (state: RunState, { hosts, checks, findings }: DoctorInput): Outcome => {
  const codes = state.failures.map((failure) => failure.exit)
  if (state.interrupted) codes.push(SIGNAL_EXIT[state.interrupted])
  if (findings.some(({ level }) => level === 'error')) codes.push(EXIT.failed)
  const exit = ORDER.find((code) => codes.includes(code)) ?? EXIT.done
  const [missing, broken] = [new Set<string>(), state.failures.filter(({ host }) => host === undefined || hosts.includes(host))]
  for (const { host } of state.failures) if (host !== undefined && !hosts.includes(host)) missing.add(host)
  const headline = state.interrupted ? 'interrupted' : examinedHeadline({ hosts, checks, findings }, missing.size, broken.length)
  return { exit, headline, live: [], next: [] }
}

/** The hosts that could not be examined come first, then the checks that could not be made: nothing is known about these. */
const examinedHeadline = ({ hosts: { length: hosts }, checks, findings }: DoctorInput, missed: number, broken: number): string => {
  const affected = new Set(findings.flatMap(({ host }) => host ?? [])).size
  const gaps = [
    ...(missed === 0 ? [] : [`${count(missed, 'host')} could not be examined`]),
    ...(broken === 0 ? [] : [`${count(broken, 'check')} could not be made`]),
  ].join('; ')
  if (findings.length > 0) {
    const findingCount = `${count(findings.length, 'finding')}${affected > 0 ? ` on ${count(affected, 'host')}` : ''}`
    return gaps === '' ? findingCount : `${gaps}; ${findingCount}`
  }
  if (hosts === 0) return gaps || 'nothing was examined'
  return gaps === ''
    ? `nothing found: ${count(hosts, 'host')}, ${count(checks, 'check')}`
    : `${gaps}; nothing found ${missed === 0 ? 'by the others' : `on the other${hosts === 1 ? '' : ` ${hosts}`}`} (${count(checks, 'check')})`
}

/** The exit code of a command that only looks. `refused`: what makes it fail with 1, whatever else happened. */
export const decideLook = (state: RunState, headline: string, refused = false): Outcome => ({
  exit: state.interrupted ? SIGNAL_EXIT[state.interrupted] : refused ? EXIT.failed : worst(state),
  headline: state.interrupted ? 'interrupted' : headline,
  live: [],
  next: [],
})

/** The same for a lock that is held or released: the worst code, and the headline of whoever knows how far it got. */
export const decideHold = (state: RunState, text: string, next: readonly NextCommand[] = []): Outcome => ({
  exit: worst(state),
  headline: state.interrupted ? `interrupted; ${text}` : text,
  live: [],
  next,
})

/** The worst code of the failures and of an interrupt, for what changes no release. */
const worst = (state: RunState): number => {
  const codes = state.failures.map((failure) => failure.exit)
  if (state.interrupted) codes.push(SIGNAL_EXIT[state.interrupted])
  return ORDER.find((code) => codes.includes(code)) ?? EXIT.done
}

/** The same for a command on all hosts: what went wrong where. A host that could not be asked is worse than a command that failed. */
export const decideExec = (state: RunState, all: readonly Host[]): Outcome => {
  const hosts = all.map(({ name }) => name)
  const exit = worst(state)
  const failed = new Map(state.failures.flatMap(({ host, exit: code }) => (host === undefined ? [] : [[host, code] as const])))
  const named = (code: number) =>
    hosts.filter((host) => (failed.get(host) === EXIT.unreachable) === (code === EXIT.unreachable) && failed.has(host))
  const parts = [
    ...(named(EXIT.failed).length === 0 ? [] : [`failed on ${share(named(EXIT.failed), hosts)}`]),
    ...(named(EXIT.unreachable).length === 0 ? [] : [`no answer from ${share(named(EXIT.unreachable), hosts)}`]),
    ...(state.interrupted ? ['interrupted'] : []),
  ]
  return {
    exit,
    headline: parts.join('; ') || (exit === EXIT.done ? `done on ${count(hosts.length, 'host')}` : 'failed'),
    live: [],
    next: [],
  }
}

/** `2 of 14 hosts: w1, w7` */
const share = (some: readonly string[], hosts: readonly string[]): string =>
  `${some.length} of ${count(hosts.length, 'host')}: ${some.join(', ')}`

const liveReleases = (state: RunState, input: OutcomeInput): LiveRelease[] =>
  input.hosts
    .filter((host) => host.release)
    .map((host): LiveRelease => {
      const layout = state.reads.get(host.name)?.layout
      const before = layout?.current.kind === 'link' ? layout.current.release : undefined
      const read = input.currentLinks?.get(host.name)
      if (read) {
        return { host: host.name, ...read, state: read.release === input.release && before !== read.release ? 'switched' : 'same' }
      }
      if (state.switched.has(host.name)) {
        const again = before !== undefined && before === input.release
        return { host: host.name, release: input.release, revision: input.revision, state: again ? 'same' : 'switched' }
      }
      if (!layout || state.unsure.has(host.name))
        return {
          host: host.name,
          release: undefined,
          revision: undefined,
          state: 'unknown',
          ...(state.unsure.has(host.name) ? { next: readCurrentCommand(host, input.current) } : {}),
        }
      return { host: host.name, release: before, revision: layout.revision, state: 'same' }
    })

/** For a host that did not report the result of its switch. */
const readCurrentCommand = (host: Host, current: string): string => sshTo(host, ['readlink', path(current)])
