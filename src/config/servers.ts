import { makeHosts } from '../inventory/hosts.ts'
import type { Servers } from '../inventory/hosts.ts'
import type { Host, SshOptions } from '../inventory/types.ts'
import { found, problemsOf } from './problems.ts'
import type { Problem } from './problems.ts'
import { servers as serversSchema } from './schema.ts'
import { hostProblems } from './validate.ts'
import type { RawStage } from './raw.ts'
import type { StageContext } from './types.ts'

/**
 * The hosts of a stage. A function is asked for its list, which is then held to the same rules, and may not be empty.
 * Problems have the path inside of `servers`.
 */
export const resolveHosts = async (
  servers: RawStage['servers'],
  context: StageContext,
  ssh: SshOptions,
  roles: readonly string[] | undefined,
): Promise<{ hosts: readonly Host[]; problems: readonly Problem[] }> => {
  // an empty list in the config says that there are none: its tasks run on this machine
  if (Array.isArray(servers) && servers.length === 0) return { hosts: [], problems: [] }
  // a list that stands in the config was validated with it
  if (typeof servers !== 'function') return { hosts: makeHosts(servers, ssh).hosts, problems: empty(servers) }
  const made: unknown = await servers(context)
  if (typeof made !== 'object' || made === null)
    return { hosts: [], problems: [{ path: [], message: `expected the function to give a list of servers, found ${found(made)}` }] }
  const problems = problemsOf(serversSchema, made)
  problems.push(...hostProblems(made, roles))
  if (problems.length > 0) return { hosts: [], problems }
  return { hosts: makeHosts(made as Servers, ssh).hosts, problems: empty(made as Servers) }
}

const empty = (servers: Servers): Problem[] => (Object.values(servers).flat().length > 0 ? [] : [{ path: [], message: 'names no server' }])
