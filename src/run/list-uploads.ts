import { command as make } from '../shell/command.ts'
import type { Call, Command } from '../shell/types.ts'
import type { UploadSpec } from '../shell/transfer-types.ts'
import { stepsInLane } from '../plan/plan.ts'
import type { HostRead, Lane, Plan, Wave } from '../plan/types.ts'
import { ShipitError, usageError } from '../values/errors.ts'
import { uploadKey } from './asked-uploads.ts'
import { stateText, uploadState, type Place } from './compare-upload.ts'
import { linkedSummary, withoutSource } from './linked-uploads.ts'
import { localHost } from './local-host.ts'

interface Known {
  readonly reads: ReadonlyMap<string, HostRead>
  readonly shipit: Call
  /** for a plan, which shows what hosts have */
  readonly place?: Place | undefined
}

/**
 * The plan with what its uploads would send now: how many files, how large, their names, and in a plan what the host has. Throws a
 * ShipitError (usage) for files that cannot be sent. What is missing may still be made if something runs on this machine, or code, before
 * it: the plan then says so.
 */
export const listUploads = async (plan: Plan, known: Known): Promise<Plan> => {
  if (!plan.waves.some((wave) => stepsIn(wave).some(({ command }) => readsHere(command)))) return plan
  const listed = new Map<Command, Command>()
  let mayBeMade = false
  for (const wave of plan.waves) {
    mayBeMade ||= wave.kind === 'run' || wave.hosts.some(({ ssh }) => ssh.transport === 'local')
    for (const { task, command, host } of stepsIn(wave)) {
      if (!readsHere(command) || listed.has(command)) continue
      const where = { task, host, mayBeMade }
      listed.set(command, command.spec.rsync ? await withSource(command, where) : await withSummary(command, where, known))
    }
  }
  const change = (command: Command): Command => listed.get(command) ?? command
  return { ...plan, waves: plan.waves.map((wave) => mapCommands(wave, change)) }
}

/** Whether a step uses files or a program of this machine that may be missing. */
const readsHere = ({ spec: { upload, rsync } }: Command): boolean =>
  // how much a stream is, nobody knows
  (upload !== undefined && upload.content?.kind !== 'stream') || rsync !== undefined

/** The same for `rsync()`, which lists nothing: whether rsync is here, and what it is to send. */
const withSource = async (command: Command, { task, mayBeMade }: Where): Promise<Command> => {
  const { lookAtSource, requireRsync } = await import('../transfer/rsync-command.ts')
  const rsync = command.spec.rsync!
  const withText = (summary: string): Command => make({ ...command.spec, rsync: { ...rsync, summary } })
  try {
    if (!mayBeMade) requireRsync()
    if (rsync.direction === 'fetch') return command
    const { empty } = lookAtSource(rsync)
    if (!empty) return command
    return withText(rsync.delete ? `${rsync.here} is empty, so all that is in the target is removed` : `${rsync.here} is empty`)
  } catch (error) {
    if (!(error instanceof ShipitError)) throw error
    const missing = (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
    if (missing && mayBeMade) return withText('not there yet')
    throw usageError(`${task}: ${error.message}`, { hint: error.hint ?? (missing ? MISSING_HINT : undefined), cause: error.cause })
  }
}

const MISSING_HINT = 'the path is relative to the folder of the config: correct it, or make the files first'

interface Where {
  readonly task: string
  readonly host: string
  readonly mayBeMade: boolean
}

const withSummary = async (command: Command, { task, host, mayBeMade }: Where, { reads, shipit, place }: Known): Promise<Command> => {
  const { treeOf, describe } = await import('../transfer/upload.ts')
  const upload = command.spec.upload!
  const withText = (summary: UploadSpec['summary'] & {}): Command => make({ ...command.spec, upload: { ...upload, summary } })
  try {
    const tree = await treeOf(upload)
    const { linked } = upload
    const read = reads.get(host)
    if (linked === undefined) {
      const { size, files } = describe(tree)
      // nothing is read from this machine
      if (place === undefined || host === localHost.name) return withText({ size, files })
      const there = await uploadState(command, tree, read?.uploads?.get(uploadKey(upload)), place)
      return withText({ size: stateText(there, { all: files.length, size }), files, there })
    }
    return withText(await linkedSummary(upload, tree, read?.layout.linked?.get(linked.path)))
  } catch (error) {
    if (!(error instanceof ShipitError)) throw error
    const missing = (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
    if (missing && mayBeMade) return withText({ size: 'not there yet', files: [] })
    if (missing && upload.linked !== undefined) throw withoutSource(upload, host, shipit, error)
    throw usageError(`${task}: ${error.message}`, {
      hint: error.hint ?? (missing ? MISSING_HINT : undefined),
      cause: error.cause,
    })
  }
}

const stepsIn = (wave: Wave) => (wave.kind === 'run' ? [] : wave.lanes.flatMap(stepsOn))

const stepsOn = (lane: Lane) => stepsInLane(lane).map((step) => ({ ...step, host: lane.host.name }))

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
