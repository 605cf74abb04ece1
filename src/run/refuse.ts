import { buildPlan } from '../plan/plan.ts'
import { newReleaseName } from '../plan/release-name.ts'
import type { Entry } from '../tasks/order.ts'
import { EXIT, type ShipitError } from '../values/errors.ts'
import { reportError } from './connect.ts'
import type { RunState } from './state.ts'
import type { RunBase } from './waves-input.ts'
import { runWaves } from './waves.ts'

const CHECK = 'deploy:check'

/** The failures are already recorded. */
export class Rejected extends Error {
  /** the checks can still run: see {@link onlyMissing} */
  readonly checkable: boolean
  constructor(checkable: boolean) {
    super()
    this.checkable = checkable
  }
}

/** Reports every error, and stops the run if there is one. */
export const refuse = (state: RunState, errors: readonly ShipitError[]): void => {
  for (const error of errors) reportError(state, error, EXIT.failed)
  if (errors.length > 0) throw new Rejected(false)
}

/** Whether only `deploy:check` was typed: its checks then run whatever the facts are. */
export const isCheckOnly = (tasks: readonly string[]): boolean => tasks.length > 0 && tasks.every((name) => name === CHECK)

/**
 * Whether every error is about something missing: a program, or a commit that can be read. The checks can then still run. After any other
 * error, not even a directory is created.
 */
export const onlyMissing = (errors: readonly ShipitError[]): boolean =>
  errors.every(({ about }) => about === 'programs' || about === 'commit')

/**
 * Runs the checks of a deploy that cannot continue, after its errors are reported. A first deploy to a fresh server then reports everything
 * that is missing at once, and creates the directories for the files that you copy there by hand.
 */
export const runChecks = async (
  state: RunState,
  entries: readonly Entry[],
  input: RunBase & { readonly signal: AbortSignal },
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
