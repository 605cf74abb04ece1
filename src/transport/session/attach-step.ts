import { terminalScript } from '../../shell/terminal.ts'
import type { PasswordHolder } from '../../shell/sudo-password.ts'
import type { ScriptStep } from '../../shell/types.ts'
import { ShipitError } from '../../values/errors.ts'
import type { Connection, LocalTerminal, ScriptOutcome } from '../types.ts'
import { codeOfSignal } from './reasons.ts'
import { stepLog } from './steps.ts'

interface AttachedRun {
  readonly terminal: LocalTerminal
  /** aborted when the run is to end */
  readonly stop: AbortSignal
  /** aborted with the reason when the session is lost */
  readonly lost: AbortSignal
  readonly host: PasswordHolder
}

/** Runs a step on a terminal of the host. Never rejects for a failure on the host. */
export const attachStep = async (connection: Connection, step: ScriptStep, run: AttachedRun): Promise<ScriptOutcome> => {
  const { terminal, stop, lost, host } = run
  const log = stepLog([step])
  log.frame({ type: 'begin', id: step.id })
  try {
    const end = await connection.attach(terminalScript(step.command, host), { terminal, signal: AbortSignal.any([stop, lost]) })
    const reason = (end.lost ?? (lost.aborted && end.code === undefined ? (lost.reason as Error) : undefined)) as Error | undefined
    if (reason) log.interrupt('failed', `connection lost: ${reason.message}`)
    else if (stop.aborted && end.code === undefined) log.interrupt('cancelled', 'cancelled')
    else log.frame({ type: 'end', id: step.id, code: end.code ?? codeOfSignal(end.signal) })
    return log.outcome(reason)
  } catch (error) {
    if (!(error instanceof ShipitError)) throw error
    log.interrupt('failed', error.hint === undefined ? error.message : `${error.message}: ${error.hint}`)
    return log.outcome(undefined)
  }
}
