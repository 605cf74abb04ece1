import { buildPlan, type PlanInput } from '../plan/plan.ts'
import { newReleaseName } from '../plan/release.ts'
import type { Entry } from '../tasks/order.ts'
import { EXIT, type ShipitError } from '../values/errors.ts'
import { reportError } from './connect.ts'
import type { RunState } from './state.ts'
import { runWaves } from './waves.ts'

const CHECK = 'deploy:check'

/** The failures are recorded already. */
export class Rejected extends Error {
  /** the checks may still run: see {@link onlyLacks} */
  readonly checkable: boolean
  constructor(checkable: boolean) {
    super()
    this.checkable = checkable
  }
}

/** Reports all of them, and stops the run where there is one. */
export const refuse = (state: RunState, errors: readonly ShipitError[]): void => {
  for (const error of errors) reportError(state, error, EXIT.failed)
  if (errors.length > 0) throw new Rejected(false)
}

/** Whether only `deploy:check` was typed: then its checks run whatever the facts say. */
export const isCheck = (tasks: readonly string[]): boolean => tasks.length > 0 && tasks.every((name) => name === CHECK)

/**
 * Whether all errors are about something missing: a program, or the right to read the repository. Then the checks can still run. Where
 * something else is in the way, not even a directory is made.
 */
export const onlyLacks = (errors: readonly ShipitError[]): boolean =>
  errors.every(({ about }) => about === 'programs' || about === 'commit')

/**
 * Runs the checks of a deploy that cannot go on, after its errors were reported. So a first deploy to a fresh server reports everything
 * that is missing at once, and makes the directories for what is copied there by hand.
 */
export const runChecks = async (
  state: RunState,
  entries: readonly Entry[],
  input: Omit<PlanInput, 'entries'> & { readonly signal: AbortSignal },
): Promise<void> => {
  const checks = entries.filter((entry) => (entry.kind === 'task' ? entry.within.includes(CHECK) : entry.barrier === '|checked'))
  const deploy = { ...input.deploy, release: newReleaseName(input.deploy.time, input.reads.values()) }
  try {
    const plan = buildPlan({ ...input, deploy, entries: checks })
    state.emit({
      type: 'plan',
      waves: plan.waves.map(({ title, tasks, hosts }) => ({ title, tasks, hosts: hosts.map((host) => host.name) })),
    })
    await runWaves(state, plan, { ...input, deploy, failure: undefined })
  } catch (error) {
    reportError(state, error, EXIT.failed)
  }
}
