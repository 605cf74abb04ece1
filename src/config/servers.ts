import type { Secret } from '../values/secret.ts'
import { makeHosts } from '../inventory/hosts.ts'
import type { Inventory, Servers } from '../inventory/hosts.ts'
import type { Host, SshOptions } from '../inventory/types.ts'
import { isPresent } from '../values/absent.ts'
import { waiting } from '../values/waiting.ts'
import { describeValue, problemsOf } from '../settings/zod-problems.ts'
import type { Problem } from '../errors/source-location.ts'
import { servers as serversSchema } from './schema.ts'
import { hostProblems } from './validate.ts'
import type { RawStage } from './raw-config.ts'
import type { StageContext } from '../settings/types.ts'

export interface ResolvedServers {
  readonly hosts: readonly Host[]
  /** as they were written, or returned by a function */
  readonly servers: Servers
  /** the entries of each host in `servers`, in the order of the hosts */
  readonly places: Inventory['places']
  readonly problems: readonly Problem[]
}

interface HostOptions {
  readonly ssh: SshOptions
  readonly flags: SshOptions
  readonly sudoPassword: Secret | undefined
}

/**
 * The hosts of a stage. A function is called for its list, which has to follow the same rules and must not be empty.
 * Problem paths are relative to `servers`.
 */
export const resolveHosts = async (
  servers: RawStage['servers'],
  context: StageContext,
  { ssh, flags, sudoPassword }: HostOptions,
  roles: readonly string[] | undefined,
): Promise<ResolvedServers> => {
  // an empty list in the config means no servers: its tasks run on this machine
  if (Array.isArray(servers) && servers.length === 0) return NONE
  // a list in the config was validated with it
  if (typeof servers !== 'function') return inventoryOf(servers, { ssh, flags, sudoPassword })
  const returned: unknown = await waiting(`stages.${context.stage}.servers`, servers(context))
  if (typeof returned !== 'object' || returned === null)
    return {
      ...NONE,
      problems: [{ path: [], message: `expected the function to return a list of servers, found ${describeValue(returned)}` }],
    }
  const problems = problemsOf(serversSchema, returned)
  problems.push(...hostProblems(returned, roles))
  return problems.length > 0 ? { ...NONE, problems } : inventoryOf(returned as Servers, { ssh, flags, sudoPassword })
}

const NONE: ResolvedServers = { hosts: [], servers: [], places: [], problems: [] }

const inventoryOf = (servers: Servers, { ssh, flags, sudoPassword }: HostOptions): ResolvedServers => {
  const { hosts, places, problems } = makeHosts(servers, ssh, flags, sudoPassword)
  return { hosts, servers, places, problems: [...problems, ...emptyProblem(servers)] }
}

const emptyProblem = (servers: Servers): Problem[] =>
  Object.values(servers).flat().some(isPresent) ? [] : [{ path: [], message: 'names no server' }]
