import type { Plan } from '../plan/types.ts'
import { usageError, type ShipitError } from '../values/errors.ts'
import type { InputsRead } from './deploy-info.ts'
import type { Intent } from './intent.ts'
import type { RunRequest } from './request.ts'

/**
 * The error for a `--branch` that changes nothing: no release is made, the checks do not ask the repository for it, and no task read it.
 * For a task that is code (`run`), this is known only after it ran: `ran` asks for it then.
 */
export const unusedBranch = (
  { branch, stage, tasks }: Pick<RunRequest, 'branch' | 'stage' | 'tasks'>,
  { making }: Pick<Intent, 'making'>,
  { waves }: Plan,
  { inputsRead, ran }: { inputsRead: InputsRead; ran: boolean },
): readonly ShipitError[] => {
  const code = waves.some(({ kind }) => kind === 'run')
  if (branch === undefined || making || inputsRead.branch || code !== ran) return []
  return [
    usageError(`--branch changes nothing: ${tasks.join(' ')} ${tasks.length === 1 ? 'does' : 'do'} not read it`, {
      hint: `leave it out, or deploy the branch: ${stage.shipit('deploy')}`,
    }),
  ]
}
