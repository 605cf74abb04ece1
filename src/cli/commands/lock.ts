import { localFacts } from '../../config/operator.ts'
import type { LoadedConfig } from '../../config/raw-config.ts'
import { holdLock, unlock, type HoldRequest } from '../../run/hold.ts'
import { usageError } from '../../values/errors.ts'
import { LONGEST_REASON } from '../../values/hold.ts'
import type { Options } from '../global-options.ts'
import { operatorName } from '../invocation.ts'
import { LOCK_OPTIONS, parseOwnOptions } from '../own-options.ts'
import { refuseQuiet } from '../refuse-options.ts'
import { shipitCommand } from '../shipit-command.ts'
import { eventRenderers, loadHosts, onHosts } from './on-hosts.ts'

/** `shipit STAGE lock -m REASON`. Throws usage errors before it connects. */
export const runLock = (options: Options, argv: readonly string[], given?: LoadedConfig): Promise<number> => {
  const own = parseOwnOptions(options, LOCK_OPTIONS, 'lock')
  const reason = own.value('--message')?.trim().replaceAll(/\s+/g, ' ')
  const stageName = options.words[0] ?? ''
  const hint = shipitCommand(options)(stageName, 'lock', '-m', 'REASON')
  // whoever forgets -m has typed the reason
  const meant = reason === undefined && own.words.length > 2 ? own.words.slice(2).join(' ') : undefined
  refuseMore('lock', own.words, meant === undefined ? hint : shipitCommand(options)(stageName, 'lock', '-m', meant))
  if (reason === undefined || reason === '') throw usageError('why is it locked? Whoever is refused reads the reason', { hint })
  if (reason.length > LONGEST_REASON)
    throw usageError(`a reason has at most ${LONGEST_REASON} characters, and this one ${reason.length}`, { hint })
  return run(options, argv, given, (request) => holdLock({ ...request, reason }))
}

/** `shipit STAGE unlock`. Throws usage errors before it connects. */
export const runUnlock = (options: Options, argv: readonly string[], given?: LoadedConfig): Promise<number> => {
  refuseMore('unlock', options.words, shipitCommand(options)(options.words[0] ?? '', 'unlock'))
  return run(options, argv, given, unlock)
}

const refuseMore = (command: string, [, , ...more]: readonly string[], hint: string): void => {
  if (more.length > 0) throw usageError(`${command} runs by itself, not with ${more.join(' ')}`, { hint })
}

const run = async (
  options: Options,
  argv: readonly string[],
  given: LoadedConfig | undefined,
  work: (request: HoldRequest) => Promise<number>,
): Promise<number> => {
  refuseQuiet(options)
  const { log, stage, hosts: all } = await loadHosts({ options, given }, (found) => found)
  const hosts = all.filter((host) => host.release)
  if (hosts.length === 0)
    throw usageError('none of the hosts gets releases, so there is no lock', { hint: 'a lock is for hosts that get releases' })
  const renderers = await eventRenderers(options, log, argv)
  const { user, hostname } = localFacts()
  return onHosts({ stage, hosts }, { renderers }, (request) =>
    work({ ...request, owner: `${operatorName(user)}@${hostname}`, waitForLock: options.waitForLock }),
  )
}
