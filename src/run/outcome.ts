import type { LiveRelease, NextCommand } from '../events/types.ts'
import type { Host } from '../inventory/types.ts'
import { namable } from '../plan/rollback.ts'
import { quoteBin } from '../shell/quote.ts'
import type { Call } from '../shell/types.ts'
import { count } from '../values/count.ts'
import { EXIT } from '../values/errors.ts'
import type { RunState } from './state.ts'

const SIGNAL_EXIT = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.hangup } as const

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
}

export interface OutcomeInput {
  /** a deploy or a rollback: a release was to be published */
  readonly releasing: boolean
  readonly rollback: boolean
  readonly release: string | undefined
  readonly revision: string | undefined
  readonly stage: string
  readonly shipit: Call
  readonly application: string
  readonly hosts: readonly Host[]
  /** the path of `current` */
  readonly current: string
  /** what `current` led to when read back after a failure; undefined: as before, or as switched */
  readonly readBack: ReadonlyMap<string, { release: string | undefined; revision: string | undefined } | undefined> | undefined
  /** tasks after the switch that did not run */
  readonly leftOut: readonly string[]
  /** only the plan was asked for */
  readonly planned?: boolean
  /** no task had a step to run */
  readonly idle?: boolean
  /** releases that a rollback skipped */
  readonly skipped: readonly string[]
}

/** The exit code, the headline, and what is live where. Nothing else decides these. */
export const decide = (state: RunState, input: OutcomeInput): Outcome => {
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
  return { exit, headline: headline(exit, input, state, live), live, next: nextCommands(exit, input, live, state) }
}

export interface DoctorInput {
  /** hosts that were examined */
  readonly hosts: number
  readonly checks: number
  readonly findings: readonly { readonly host: string | undefined; readonly level: 'error' | 'warning' }[]
}

/** The same for the doctor, which changes nothing: its findings, and the hosts that it could not examine. Warnings are not failures. */
export const decideDoctor = (state: RunState, { hosts, checks, findings }: DoctorInput): Outcome => {
  const codes = state.failures.map((failure) => failure.exit)
  if (state.interrupted) codes.push(SIGNAL_EXIT[state.interrupted])
  if (findings.some(({ level }) => level === 'error')) codes.push(EXIT.failed)
  const exit = ORDER.find((code) => codes.includes(code)) ?? EXIT.done
  const ill = new Set(findings.flatMap(({ host }) => host ?? [])).size
  const found =
    findings.length > 0
      ? `${count(findings.length, 'finding')}${ill > 0 ? ` on ${count(ill, 'host')}` : ''}`
      : hosts > 0 && `nothing found: ${count(hosts, 'host')}, ${count(checks, 'check')}`
  const missed = new Set(state.failures.flatMap((failure) => (failure.exit === EXIT.unreachable ? (failure.host ?? []) : []))).size
  const headline = state.interrupted
    ? 'interrupted'
    : missed > 0
      ? [found, `${count(missed, 'host')} could not be examined`].filter(Boolean).join('; ')
      : found || 'nothing was examined'
  return { exit, headline, live: [], next: [] }
}

const liveReleases = (state: RunState, input: OutcomeInput): LiveRelease[] =>
  input.hosts
    .filter((host) => host.release)
    .map((host): LiveRelease => {
      const layout = state.reads.get(host.name)?.layout
      const before = layout?.current.kind === 'link' ? layout.current.release : undefined
      const read = input.readBack?.get(host.name)
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
          ...(state.unsure.has(host.name) ? { next: lookAt(host, input.current) } : {}),
        }
      return { host: host.name, release: before, revision: layout.revision, state: 'same' }
    })

const headline = (exit: number, input: OutcomeInput, state: RunState, live: readonly LiveRelease[]): string => {
  const what = input.rollback ? 'rollback' : 'deploy'
  const name = `${input.application} ${input.stage}`
  switch (exit) {
    case EXIT.done:
      if (input.planned === true) return 'this is the plan: nothing was changed on any host'
      if (input.idle === true) return 'nothing was done'
      return input.releasing
        ? `${name} is on release ${input.release}${input.revision ? ` (${input.revision.slice(0, 7)})` : ''}${past(input)}`
        : 'done'
    case EXIT.split:
      if (state.unsure.size > 0 && !state.switched.size) return `it is not known what is live on every host of ${name}. A person must look.`
      return `hosts differ: not every host of ${name} is on the same release. A person must look.`
    case EXIT.liveButFailed:
      return `release ${input.release} is live everywhere, and a later task failed: it counts as doubtful`
    case EXIT.unreachable:
      return input.releasing
        ? `the ${what} did not happen: a host could not be reached or trusted`
        : 'a host could not be reached or trusted'
    case EXIT.locked:
      return `${input.releasing ? `the ${what} did not happen: ` : ''}the lock could not be taken`
    case EXIT.usage:
      return 'nothing was done'
    case EXIT.interrupted:
    case EXIT.terminated:
    case EXIT.hangup:
      if (!input.releasing) return 'interrupted'
      return state.switched.size > 0
        ? `interrupted; release ${input.release} is live, and counts as doubtful`
        : `interrupted; ${still(live)}`
    default:
      if (input.planned === true) return 'this would fail; nothing was changed on any host'
      return input.releasing ? `the ${what} failed; ${still(live)}` : 'failed'
  }
}

/** What is live after a run that switched nothing. A host that was not read may have had something live. */
const still = (live: readonly LiveRelease[]): string =>
  live.length > 0 && live.every(({ state, release }) => state === 'same' && release === undefined)
    ? 'nothing is live yet'
    : 'what was live is still live'

/** The releases that a rollback skipped; the reasons were shown before. */
const past = ({ skipped }: OutcomeInput): string => (skipped.length === 0 ? '' : `; skipped ${skipped.join(', ')}`)

/** Whether a task can be run again alone: it is not part of a deploy, and not a hook defined in place. */
const byItself = (task: string): boolean => !/^(?:deploy|git):/.test(task) && !task.includes(' ')

/** For a host that did not report the result of its switch. */
const lookAt = ({ user, address, port }: Host, current: string): string =>
  `ssh ${port === undefined || port === 22 ? '' : `-p ${port} `}${user === undefined ? '' : `${user}@`}${address} readlink ${quoteBin(current)}`

const nextCommands = (exit: number, input: OutcomeInput, live: readonly LiveRelease[], state: RunState): NextCommand[] => {
  const changed = state.switched.size > 0 || live.some((host) => host.state === 'switched')
  // what failed, and what could not run because of it: its service is still on the old release
  const later = (tasks: readonly string[]) =>
    [...new Set(tasks)].filter((task) => task !== '' && byItself(task)).map((task) => ({ command: input.shipit(task) }))
  // only a release that every host can go back to
  const layouts = live.flatMap(({ host }) => state.reads.get(host)?.layout ?? [])
  const everywhere = (release: string) => live.every(({ host }) => state.reads.has(host)) && namable(layouts).includes(release)
  const goTo = (release: string, why?: string) => ({
    command: input.shipit('deploy:rollback', '--release', release),
    ...(why !== undefined && { why }),
  })
  // running the tasks alone leaves it doubtful
  const makeGood = goTo(String(input.release), 'to make this release good')
  if (exit === EXIT.liveButFailed) {
    const [before, ...others] = new Set(layouts.map(({ current }) => (current.kind === 'link' ? current.release : undefined)))
    const back = others.length === 0 && before !== undefined && before !== input.release && everywhere(before)
    return [
      ...later([...state.failures.map(({ task }) => task ?? ''), ...input.leftOut]),
      makeGood,
      ...(back ? [goTo(before, 'or, to go back to what was live before')] : []),
    ]
  }
  // the tasks after the switch did not run
  if (state.interrupted && exit !== EXIT.split && !changed) return []
  if (state.interrupted && exit !== EXIT.split)
    return input.rollback ? [...later(input.leftOut), makeGood] : [{ command: input.shipit('deploy') }]
  if (exit !== EXIT.split) return []
  const old = live.filter((host) => host.state === 'same' && host.release !== input.release)
  const back = old.map((host) => host.release).find((release) => release !== undefined && everywhere(release))
  return [{ command: input.shipit('deploy') }, ...(back === undefined ? [] : [goTo(back, 'or, to go back')])]
}
