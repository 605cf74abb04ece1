import { transfersFiles } from '../shell/command.ts'
import { tolerates } from '../shell/compile.ts'
import type { Frame, ScriptStep } from '../shell/types.ts'
import type { ScriptOptions, ScriptOutcome, Session, StepOutcome } from '../transport/types.ts'
import type { TransferReport } from './transfer-types.ts'
import { startTransfer } from './transfer.ts'

export interface StepsRun extends Omit<ScriptOptions, 'begun' | 'sink' | 'answered'> {
  readonly sink: ScriptOptions['sink'] & {}
  readonly report: (id: number) => TransferReport
}

export interface StepsOutcome extends ScriptOutcome {
  /** what ended transfers of files from this side, by step */
  readonly errors: ReadonlyMap<number, Error>
}

/**
 * Runs steps as one script, or as several: a step that transfers files has a script of its own, whose stdin is for the files. They are one
 * script to the outside: it stops where one script would.
 */
export const runSteps = async (session: Session, steps: readonly ScriptStep[], options: StepsRun): Promise<StepsOutcome> => {
  const errors = new Map<number, Error>()
  const outcomes = new Map<number, StepOutcome>()
  const failedGroups = new Set<number>()
  const answered = new Map<object, number>()
  let lost: Error | undefined
  for (const part of scriptsOf(steps)) {
    const left = part.filter(({ checkGroup }) => checkGroup === undefined || !failedGroups.has(checkGroup))
    if (left.length === 0) continue
    const outcome = await runOne(session, left, { ...options, answered }, errors)
    for (const step of outcome.steps) outcomes.set(step.id, step)
    lost = outcome.lost
    const ended = outcome.steps.filter(({ status }) => status === 'failed' || status === 'cancelled')
    for (const { id } of ended) failedGroups.add(steps.find((step) => step.id === id)!.checkGroup ?? -1)
    const goesOn = lost === undefined && ended.every(({ status }) => status === 'failed') && !failedGroups.has(-1)
    if (!goesOn || outcome.steps.every(({ status }) => status === 'not-run')) break
  }
  const all = steps.map(({ id }): StepOutcome => outcomes.get(id) ?? { id, status: 'not-run', code: undefined, reason: undefined, ms: 0 })
  return { steps: all, failed: all.find(({ status }) => status === 'failed' || status === 'cancelled'), lost, errors }
}

/** Notes how the guards of `when()` have exited, so that the scripts after this one do not ask again what its steps may have changed. */
const noteAnswers = (answered: Map<object, number>, steps: readonly ScriptStep[], frame: Frame): void => {
  if (frame.type !== 'skip' && frame.type !== 'end') return
  const guards = steps.find(({ id }) => id === frame.id)?.command.spec.guards ?? []
  for (const [i, { when, once }] of guards.entries()) {
    if (once === undefined || (frame.guard !== undefined && i > frame.guard)) continue
    answered.set(once, i === frame.guard ? frame.code : when === 'onlyIf' ? 0 : 1)
  }
}

const scriptsOf = (steps: readonly ScriptStep[]): readonly (readonly ScriptStep[])[] => {
  const scripts: ScriptStep[][] = []
  let open = false
  for (const step of steps) {
    const own = transfersFiles(step.command.spec)
    if (open && !own) scripts.at(-1)!.push(step)
    else scripts.push([step])
    open = !own
  }
  return scripts
}

const runOne = async (
  session: Session,
  steps: readonly ScriptStep[],
  { sink: shown, report, ...options }: StepsRun & { readonly answered: Map<object, number> },
  errors: Map<number, Error>,
): Promise<ScriptOutcome> => {
  const [first] = steps
  const frame: typeof shown.frame = (one) => (noteAnswers(options.answered, steps, one), shown.frame(one))
  const sink = { ...shown, frame }
  if (first === undefined || !transfersFiles(first.command.spec)) return session.run(steps, { ...options, sink })
  const { signal = new AbortController().signal } = options
  const transfer = await startTransfer(first.command, report(first.id), signal)
  let end: Frame | undefined
  const outcome = await session.run(steps, {
    ...options,
    signal: AbortSignal.any([signal, transfer.enough]),
    begun: transfer.begun,
    sink: {
      frame: (frame) => {
        if (frame.type === 'end' || frame.type === 'skip') transfer.ended(frame.code)
        noteAnswers(options.answered, steps, frame)
        // it has ended well when its files are in place on this machine, too
        if (frame.type === 'end' && frame.code === 0) end = frame
        else sink.frame(frame)
      },
      output: (id, stream, chunk) => {
        if (id !== undefined && stream === 'stdout') transfer.arrived(chunk)
        else {
          if (id !== undefined) transfer.printed?.(chunk)
          sink.output(id, stream, chunk)
        }
      },
    },
  })
  const [step] = outcome.steps
  const { error, code = step?.code === 0 ? undefined : step?.code } = (await transfer.settle(step)) ?? {}
  const ended: readonly string[] = ['ok', 'failed', 'tolerated', ...(signal.aborted ? [] : ['cancelled'])]
  if (error === undefined || outcome.lost || step === undefined || !ended.includes(step.status)) {
    if (end) sink.frame(end)
    return outcome
  }
  if (tolerates(first.command, code ?? 1))
    return { ...outcome, failed: undefined, steps: [{ ...step, code: code ?? 1, status: 'tolerated', reason: error.message }] }
  errors.set(first.id, error)
  const failed = { ...step, code, status: 'failed' as const, reason: error.message }
  return { ...outcome, failed, steps: [failed] }
}
