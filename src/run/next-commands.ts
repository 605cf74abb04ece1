import type { LiveRelease, NextCommand } from '../events/types.ts'
import type { HostFacts } from '../facts/types.ts'
import { completeEverywhere } from '../plan/rollback-target.ts'
import { EXIT } from '../values/errors.ts'
import type { OutcomeInput } from './outcome-input.ts'
import type { RunState } from './state.ts'

/** Whether a task can be run again alone: it is not part of a deploy, and not a hook defined in place. */
const canRunAlone = (task: string): boolean => !/^(?:deploy|git):/.test(task) && !task.includes(' ')

/** The commands to type after a run, the best first. */
export const nextCommands = (exit: number, input: OutcomeInput, live: readonly LiveRelease[], state: RunState): NextCommand[] => {
  const changed = state.switched.size > 0 || live.some((host) => host.state === 'switched')
  // what failed, and what could not run because of it: its service is still on the old release
  const rerunTasks = (tasks: readonly string[]) =>
    [...new Set(tasks)]
      .filter((task) => task !== '' && canRunAlone(task) && input.afterFailureOnly?.includes(task) !== true)
      .map((task) => ({ command: input.shipit(task, ...(input.typedFor?.(task) ?? [])) }))
  // only a release that every host can go back to
  const layouts = live.flatMap(({ host }) => state.reads.get(host)?.layout ?? [])
  const everywhere = (release: string) => live.every(({ host }) => state.reads.has(host)) && completeEverywhere(layouts).includes(release)
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
      ...rerunTasks([...state.failures.map(({ task }) => task ?? ''), ...input.tasksNotRun]),
      makeGood,
      ...(back ? [goTo(before, `or, to go back to what was live before${stateNote(layouts, before)}`)] : []),
    ]
  }
  // the tasks after the switch did not run
  if (state.interrupted && exit !== EXIT.split && !changed) return []
  if (state.interrupted && exit !== EXIT.split)
    return input.rollback ? [...rerunTasks(input.tasksNotRun), makeGood] : [{ command: input.shipit('deploy') }]
  if (exit !== EXIT.split) return withoutLostHosts(exit, input, state)
  const unswitched = live.filter((host) => host.state === 'same' && host.release !== input.release)
  const back = unswitched.map((host) => host.release).find((release) => release !== undefined && everywhere(release))
  const ways = back === undefined ? [] : [goTo(back, `or, to go back${stateNote(layouts, back)}`)]
  // a deploy would bring back what was to be left
  return [input.rollback ? goTo(String(input.release), 'to finish the rollback') : { command: input.shipit('deploy') }, ...ways]
}

/** A note that a release to go back to is itself bad or doubtful. */
const stateNote = (layouts: readonly HostFacts[], name: string): string => {
  const states = layouts.flatMap(({ releases }) => releases.flatMap((one) => (one.name === name ? [one.state] : [])))
  const state = (['bad', 'doubtful'] as const).find((one) => states.includes(one))
  return state === undefined ? '' : `, which is itself ${state}`
}

/** For a run that did not begin because hosts could not be reached: the same for the others. */
const withoutLostHosts = (exit: number, input: OutcomeInput, state: RunState): NextCommand[] => {
  if (exit !== EXIT.unreachable || !input.releasing || input.typedWords === undefined || state.progress.size > 0) return []
  const lost = new Set(state.failures.map((failure) => (failure.exit === EXIT.unreachable ? failure.host : undefined)))
  // what runs there alone, such as a migration, would not run
  if (input.alone?.some((host) => lost.has(host)) === true) return []
  const remaining = input.hosts.filter(({ name }) => !lost.has(name))
  // something else failed too, or this machine
  if (lost.size + remaining.length > input.hosts.length || !remaining.some(({ release }) => release)) return []
  const [end, typed] = [input.typedWords.indexOf('--'), input.typedWords]
  const [words, rest] = end < 0 ? [typed, []] : [typed.slice(0, end), typed.slice(end)]
  const command = input.shipit(...words, '--hosts', remaining.map(({ name }) => name).join(','), ...rest)
  return [{ command, why: `to continue without ${input.hosts.flatMap(({ name }) => (lost.has(name) ? [name] : [])).join(', ')}` }]
}
