import { makeHosts, type Servers } from '../inventory/hosts.ts'
import type { Host } from '../inventory/types.ts'
import { withoutTrailingSlash } from '../values/path.ts'
import { defaults } from '../settings/derived.ts'
import { applicationOf, type Raw, type RawStage } from './raw-config.ts'

interface DeployPlace {
  readonly deployTo: string
  readonly hosts: readonly Host[]
}

/**
 * Other stages of the config with this stage's deployTo on one of its hosts, each with that host. This is not an error: a stage that only
 * runs tasks, as another account or on fewer hosts, may name the place of the application, and the config does not distinguish such a stage
 * from a copied one. The records on the host refuse a wrong deploy. Only literal values count: no function is called.
 */
export const stagesSharingDeployPath = (
  config: Raw,
  name: string,
  { deployTo, hosts }: DeployPlace,
): readonly { readonly stage: string; readonly host: string }[] =>
  Object.entries(config.stages).flatMap(([stage, other]) => {
    if (stage === name || typeof other === 'function') return []
    const place = placeOf(config, other)
    if (place === undefined || withoutTrailingSlash(place.deployTo) !== withoutTrailingSlash(deployTo)) return []
    const inHome = deployTo.startsWith('~')
    const servers = new Set(place.hosts.filter(isReleaseHost).map((host) => serverKey(host, inHome)))
    const same = hosts.filter(isReleaseHost).find((host) => servers.has(serverKey(host, inHome)))
    return same === undefined ? [] : [{ stage, host: same.name }]
  })

const placeOf = (config: Raw, stage: RawStage): DeployPlace | undefined => {
  const deployTo = stage.deployTo ?? config.deployTo ?? defaults(applicationOf(config, stage)).deployTo
  if (typeof deployTo !== 'string' || typeof stage.servers === 'function') return undefined
  return { deployTo, hosts: makeHosts(stage.servers as Servers, { ...config.ssh, ...stage.ssh }).hosts }
}

const isReleaseHost = ({ release }: Host): boolean => release

/** The identity of a server. The same address behind another jump host, or on another port, is another server. */
const serverKey = ({ address, port = 22, user, ssh: { proxyJump, configFile, transport = 'ssh2' } }: Host, withUser: boolean): string =>
  JSON.stringify([address, port, withUser ? user : '', proxyJump, configFile, transport])
