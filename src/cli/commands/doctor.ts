import { revealSecrets } from '../../config/missing-variables.ts'
import { doctor } from '../../run/doctor.ts'
import { createRegistry } from '../../tasks/registry.ts'
import { usageError } from '../../values/errors.ts'
import type { Options } from '../global-options.ts'
import { refuseQuiet } from '../refuse-options.ts'
import { shipitCommand } from '../shipit-command.ts'
import { canAsk } from '../read-line.ts'
import { eventRenderers, loadHosts, onHosts } from './on-hosts.ts'

/** `shipit STAGE doctor`. Throws usage errors before it connects. */
export const runDoctor = async (options: Options, argv: readonly string[]): Promise<number> => {
  const [stageName = '', , ...rest] = options.words
  const call = shipitCommand(options)(stageName, 'doctor')
  if (rest.length > 0) throw usageError(`doctor runs by itself, not with ${rest.join(' ')}`, { hint: `${call}, and then the rest` })
  if (options.release !== undefined) throw usageError('--release is for deploy:rollback', { hint: call })
  refuseQuiet(options)
  const { log, stage, hosts } = await loadHosts({ options }, (found) => {
    // only this finds hooks on tasks that do not exist
    createRegistry(found.stage)
    // what recipes ask may go through sudo; if nobody can answer, the doctor reports what it could not examine
    if (found.stage.recipes.length > 0 && canAsk() && !options.yes) revealSecrets(found.hosts.map(({ sudoPassword }) => sudoPassword))
    return found
  })
  const renderers = await eventRenderers(options, log, argv)
  return onHosts({ stage, hosts }, { renderers }, doctor)
}
