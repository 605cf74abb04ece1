import { makeHosts } from '../inventory/hosts.ts'
import type { Servers } from '../inventory/hosts.ts'
import type { Host, SshOptions } from '../inventory/types.ts'
import { waiting } from '../values/waiting.ts'
import { found, problemsOf } from './problems.ts'
import type { Problem } from '../errors/source-location.ts'
import { servers as serversSchema } from './schema.ts'
import { hostProblems } from './validate.ts'
import type { RawStage } from './raw.ts'
import type { StageContext } from '../tasks/stage.ts'

/**
 * The hosts of a stage. A function is called for its list, which has to follow the same rules and must not be empty.
 * Problem paths are relative to `servers`.
 */
export const resolveHosts = async (
  servers: RawStage['servers'],
  context: StageContext,
  { ssh, flags }: { readonly ssh: SshOptions; readonly flags: SshOptions },
  roles: readonly string[] | undefined,
): Promise<{ hosts: readonly Host[]; problems: readonly Problem[] }> => {
  // an empty list in the config means no servers: its tasks run on this machine
  if (Array.isArray(servers) && servers.length === 0) return { hosts: [], problems: [] }
  // a list in the config was validated with it
  if (typeof servers !== 'function') return made(servers, ssh, flags)
  const given: unknown = await waiting(`stages.${context.stage}.servers`, servers(context))
  if (typeof given !== 'object' || given === null)
    return { hosts: [], problems: [{ path: [], message: `expected the function to give a list of servers, found ${found(given)}` }] }
  const problems = problemsOf(serversSchema, given)
  problems.push(...hostProblems(given, roles))
  return problems.length > 0 ? { hosts: [], problems } : made(given as Servers, ssh, flags)
}

const made = (servers: Servers, ssh: SshOptions, flags: SshOptions) => {
  const { hosts, problems } = makeHosts(servers, ssh, flags)
  return { hosts, problems: [...problems, ...empty(servers)] }
}

const empty = (servers: Servers): Problem[] => (Object.values(servers).flat().length > 0 ? [] : [{ path: [], message: 'names no server' }])
