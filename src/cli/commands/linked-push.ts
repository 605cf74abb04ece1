import { localFacts } from '../../config/operator.ts'
import type { LoadedConfig } from '../../config/raw-config.ts'
import { pushLinked, requireLocal } from '../../run/linked-push.ts'
import type { Options } from '../global-options.ts'
import { operatorName } from '../invocation.ts'
import { refuseQuiet } from '../refuse-options.ts'
import { chooseLinked, releaseHosts } from './choose-linked.ts'
import { eventRenderers, loadHosts, onHosts } from './on-hosts.ts'

/** `shipit STAGE linked:push [PATH…]`. Throws usage errors before it connects. */
export const runPush = async (options: Options, argv: readonly string[], given?: LoadedConfig): Promise<number> => {
  refuseQuiet(options)
  const { log, ...prepared } = await loadHosts({ options, given }, (found) => ({
    ...found,
    hosts: releaseHosts(found.hosts),
    sources: chooseLinked(found.stage, options.words.slice(2)),
  }))
  await requireLocal(prepared.sources)
  const renderers = await eventRenderers(options, log, argv)
  const { user, hostname } = localFacts()
  return onHosts(prepared, { renderers }, (request) =>
    pushLinked({
      ...request,
      sources: prepared.sources,
      owner: `${operatorName(user)}@${hostname}`,
      waitForLock: options.waitForLock,
    }),
  )
}
