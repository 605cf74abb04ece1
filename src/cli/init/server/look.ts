import { join } from 'node:path'
import { serviceQuestions, servicesOf, type FoundService } from '../../../../recipes/systemd/services.ts'
import { CONFIG_FILES } from '../../../config/find.ts'
import { resolveStage } from '../../../config/stage.ts'
import type { Renderer } from '../../../events/types.ts'
import { chooseRenderers } from '../../../output/choose.ts'
import { discover, type Deployment, type DiscoveredHost } from '../../../run/discover.ts'
import { EXIT, ShipitError, SIGNAL_EXIT } from '../../../values/errors.ts'
import { onHosts } from '../../commands/on-hosts.ts'

/** What was found on the servers of a stage. */
export interface ServerLook {
  /** as they were given, with their names */
  readonly hosts: readonly { readonly given: string; readonly name: string; readonly read: ReadHost | undefined }[]
}

/** What was found on one server. */
export interface ReadHost {
  readonly search: DiscoveredHost<unknown>['search']
  readonly applications: readonly Application[]
}

/** An application on one server. */
export interface Application extends Pick<Deployment<unknown>, 'deployTo' | 'layout' | 'live'> {
  readonly services: readonly FoundService[]
  /** what could not be read, as sentences */
  readonly unread: readonly string[]
}

interface Asked {
  readonly servers: readonly string[]
  readonly stage: string
  /** the folder of the project in its repository */
  readonly folder: string | undefined
  /** whether a login may ask for a passphrase */
  readonly asks: boolean
}

/**
 * Logs in to the servers and looks for applications; a server that cannot be reached or read is reported on stderr, and holds up nothing.
 * Throws if it is interrupted.
 */
export const lookAtServers = async ({ servers, stage: name, folder, asks }: Asked): Promise<ServerLook> => {
  const config = { application: 'app', stages: { [name]: { servers } } }
  const stage = await resolveStage({ file: join(process.cwd(), CONFIG_FILES[0]!), text: '', config }, name)
  const renderers = await chooseRenderers({ output: 'plain', stdout: process.stdout, env: process.env, shows: true })
  const { found, interrupted } = await onHosts(
    { stage, hosts: stage.hosts },
    { renderers: renderers.map(withoutEnd), lines: true, asks },
    async (request) => ({
      found: await discover(request, { ...serviceQuestions, folder }),
      interrupted: request.interrupt.name(),
    }),
  )
  if (interrupted) throw new ShipitError('interrupted: nothing was written', { exit: SIGNAL_EXIT[interrupted] })
  return {
    hosts: stage.hosts.map((host, i) => {
      const one = found.find((other) => other.host.name === host.name)
      return { given: servers[i]!, name: host.name, read: one && { search: one.search, applications: one.deployments.map(applicationOf) } }
    }),
  }
}

const applicationOf = ({ deployTo, layout, live, paths, facts }: Deployment<Parameters<typeof servicesOf>[0]['facts']>): Application => ({
  deployTo,
  layout,
  live,
  ...servicesOf({ paths, layout, facts }),
})

/** init goes on whatever the hosts say, so it has an end of its own. */
const withoutEnd = (renderer: Renderer): Renderer => ({
  ...renderer,
  event: (event) => {
    if (event.type !== 'run:end') return renderer.event(event)
    // what is shown together with others like it must not wait any longer
    renderer.event({ ...event, exit: EXIT.done })
  },
})
