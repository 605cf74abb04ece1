import { command as make } from '../shell/command.ts'
import type { Command } from '../shell/types.ts'
import { stepsInLane } from '../plan/plan.ts'
import type { Plan, Wave } from '../plan/types.ts'
import { ShipitError, usageError } from '../values/errors.ts'

/**
 * The plan with what its uploads would send now: how many files, how large, their names. Throws a ShipitError (usage) for files that cannot
 * be sent. What is missing may still be made if something runs on this machine, or code, before it: the plan then says so.
 */
export const listUploads = async (plan: Plan): Promise<Plan> => {
  if (!plan.waves.some((wave) => stepsIn(wave).some(({ command: { spec } }) => spec.upload !== undefined))) return plan
  const listed = new Map<Command, Command>()
  let mayBeMade = false
  for (const wave of plan.waves) {
    mayBeMade ||= wave.kind === 'run' || wave.hosts.some(({ ssh }) => ssh.transport === 'local')
    for (const { task, command } of stepsIn(wave)) {
      if (command.spec.upload !== undefined && !listed.has(command)) listed.set(command, await withSummary(task, command, mayBeMade))
    }
  }
  const change = (command: Command): Command => listed.get(command) ?? command
  return { ...plan, waves: plan.waves.map((wave) => mapCommands(wave, change)) }
}

const withSummary = async (task: string, command: Command, mayBeMade: boolean): Promise<Command> => {
  const { treeOf, describe } = await import('../transfer/upload.ts')
  const upload = command.spec.upload!
  try {
    return make({ ...command.spec, upload: { ...upload, summary: describe(await treeOf(upload)) } })
  } catch (error) {
    if (!(error instanceof ShipitError)) throw error
    const missing = (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
    if (!missing || !mayBeMade)
      throw usageError(`${task}: ${error.message}`, {
        hint: error.hint ?? (missing ? 'the path is relative to the folder of the config: correct it, or make the files first' : undefined),
        cause: error.cause,
      })
    return make({ ...command.spec, upload: { ...upload, summary: { size: 'not there yet', files: [] } } })
  }
}

const stepsIn = (wave: Wave) => (wave.kind === 'run' ? [] : wave.lanes.flatMap((lane) => stepsInLane(lane)))

const mapCommands = (wave: Wave, change: (command: Command) => Command): Wave =>
  wave.kind === 'run'
    ? wave
    : {
        ...wave,
        lanes: wave.lanes.map((lane) => ({
          ...lane,
          chunks: lane.chunks.map((chunk) => ({
            ...chunk,
            tasks: chunk.tasks.map((task) => ({ ...task, steps: task.steps.map(change) })),
          })),
        })),
      }
