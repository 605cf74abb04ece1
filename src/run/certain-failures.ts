import { stepsInLane } from '../plan/plan.ts'
import type { Lane, Plan } from '../plan/types.ts'
import type { Command } from '../shell/types.ts'
import { EXIT } from '../values/errors.ts'
import { hintOf } from './hints.ts'
import { recordFailure, type RunState } from './state.ts'

/**
 * For a plan: reports the `fail()` steps that its run would certainly reach, which are those of the first wave that has any, and warns as
 * its `warn()` steps up to there would: both are easy to miss in the middle of a plan.
 */
export const reportCertain = (state: RunState, { waves }: Plan): void => {
  for (const wave of waves) {
    if (wave.kind === 'run') continue
    for (const { host, task, command } of wave.lanes.flatMap(warningsOf)) warn(state, host, task, command)
    for (const { host, task, command } of wave.lanes.flatMap((lane) => failsOf(lane, wave.checks === true)))
      recordFailure(state, {
        host,
        task,
        reason: command.spec.message!.text,
        hint: remedyOf(command),
        output: [],
        exit: EXIT.failed,
      })
    if (state.failures.length > 0) return
  }
}

/** Says it once per host, as a run does. */
const warn = (state: RunState, host: string, task: string, command: Command): void => {
  const hint = remedyOf(command)
  const message = `${command.spec.message!.text}${hint === undefined ? '' : `\n${hint}`}`
  const key = JSON.stringify([host, message])
  if (state.warned.has(key)) return
  state.warned.add(key)
  state.emit({ type: 'log', level: 'warn', host, task, message })
}

const remedyOf = (command: Command): string | undefined => hintOf(command, { code: 1, stdout: '', stderr: command.spec.message!.text })

const warningsOf = (lane: Lane) =>
  stepsInLane(lane)
    .filter(({ command: { spec } }) => {
      const { message, allow, guards } = spec
      const tolerated = allow === true || (Array.isArray(allow) && allow.includes(1))
      return guards === undefined && (message?.level === 'warning' || (message?.level === 'error' && tolerated))
    })
    .map(({ task, command }) => ({ host: lane.host.name, task, command }))

/** The first of a host; of checks, which all run, the first of each task. */
const failsOf = (lane: Lane, checks: boolean) => {
  const fails = stepsInLane(lane).filter(({ command }) => isCertain(command))
  const first = checks ? fails.filter(({ task }, i) => fails.findIndex((other) => other.task === task) === i) : fails.slice(0, 1)
  return first.map(({ task, command }) => ({ host: lane.host.name, task, command }))
}

const isCertain = ({ spec: { message, allow, guards } }: Command): boolean =>
  message?.level === 'error' && allow === undefined && guards === undefined
