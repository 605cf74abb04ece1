import type { LoadedConfig } from '../../config/raw-config.ts'
import { primaryOf } from '../../inventory/select.ts'
import type { Host } from '../../inventory/types.ts'
import { pullLinked } from '../../run/linked-pull.ts'
import type { LinkedSource } from '../../tasks/linked-source.ts'
import { usageError } from '../../values/errors.ts'
import { createAsker } from '../asker.ts'
import type { Options } from '../global-options.ts'
import { refuseQuiet } from '../refuse-options.ts'
import { shipitCommand } from '../shipit-command.ts'
import { chooseLinked, releaseHosts } from './choose-linked.ts'
import { eventRenderers, loadHosts, onHosts } from './on-hosts.ts'

/** `shipit STAGE linked:pull [PATH…]`. Throws usage errors before it connects. */
export const runPull = async (options: Options, argv: readonly string[], given?: LoadedConfig): Promise<number> => {
  refuseQuiet(options)
  const { log, stage, sources, host } = await loadHosts({ options, given }, (found) => ({
    ...found,
    host: chooseHost(releaseHosts(found.hosts), options),
    sources: distinct(chooseLinked(found.stage, options.words.slice(2))),
  }))
  const renderers = await eventRenderers(options, log, argv)
  return onHosts({ stage, hosts: [host] }, { renderers }, (request) => {
    const asker = createAsker(options, request.interrupt.signal)
    return pullLinked({ ...request, host, sources, mayReplace: (message) => asker.confirm(message, undefined) })
  })
}

/** The primary, or the one host that --hosts leaves. */
const chooseHost = (hosts: readonly Host[], options: Options): Host => {
  if (options.hosts !== undefined && hosts.length > 1)
    throw usageError(`linked:pull fetches from one host, and --hosts leaves ${hosts.map(({ name }) => name).join(', ')}`, {
      hint: shipitCommand({ ...options, hosts: undefined, roles: undefined })(...options.words, '--hosts', hosts[0]!.name),
    })
  return primaryOf(hosts)!
}

/** Two files of a host cannot be fetched to one place. */
const distinct = (sources: readonly LinkedSource[]): readonly LinkedSource[] => {
  for (const [i, { file, path, from }] of sources.entries()) {
    const other = sources.slice(0, i).find((one) => one.file === file)
    if (other) throw usageError(`${other.path} and ${path} would both be fetched to ${from}`, { hint: 'name one of them' })
  }
  return sources
}
