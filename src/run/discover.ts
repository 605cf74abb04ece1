import { deploymentsFact, SEARCHED, type Deployments } from '../facts/deployments.ts'
import { factCommands, factValues, type FactTree, type FactValues } from '../facts/fact.ts'
import { layoutFact, parseLayout } from '../facts/layout-fact.ts'
import { liveReleaseFact, type LiveRelease } from '../facts/live-release.ts'
import type { HostFacts } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { pathsOf } from '../plan/context.ts'
import type { Stage } from '../tasks/stage.ts'
import type { Paths } from '../tasks/types.ts'
import { EXIT } from '../values/errors.ts'
import { connectAll, reportError } from './connect.ts'
import { lostOf, reportLost } from './link.ts'
import { decideLook } from './outcome.ts'
import { probe } from './probe.ts'
import type { HostsRequest } from './request.ts'
import type { RunState } from './state.ts'
import { visit } from './visit.ts'

export { SEARCHED }
export type { LiveRelease }

/** An application that was found on a host. `facts`: what else was asked about it. */
export interface Deployment<D> {
  readonly deployTo: string
  readonly paths: Paths
  readonly layout: Omit<HostFacts, 'commit'>
  readonly live: LiveRelease
  readonly facts: D
}

/** What was found on one host. */
export interface DiscoveredHost<D> {
  readonly host: Host
  readonly search: Deployments
  readonly deployments: readonly Deployment<D>[]
}

/** What else to ask: first about the host, and then, with the answers, about each application. */
export interface Questions<H extends FactTree, D extends FactTree> {
  /** a folder that the live release of an application may have */
  readonly folder?: string | undefined
  readonly host: H
  readonly deployment: (paths: Paths, host: FactValues<H>) => D
}

/**
 * Looks on each host for applications that were deployed there: one login, and two scripts that only read. A host that cannot be read is
 * reported, and is missing in the result.
 */
export const discover = async <H extends FactTree, D extends FactTree>(
  request: HostsRequest,
  questions: Questions<H, D>,
): Promise<readonly DiscoveredHost<FactValues<D>>[]> => {
  const { result } = await visit(request, {
    name: 'init',
    work: (state) => Promise.all(request.hosts.map((host) => discoverOn(state, host, request, questions))),
    decide: (state) => decideLook(state, 'some hosts could not be read'),
  })
  return result.filter((one) => one !== undefined)
}

const discoverOn = async <H extends FactTree, D extends FactTree>(
  state: RunState,
  host: Host,
  request: HostsRequest,
  questions: Questions<H, D>,
): Promise<DiscoveredHost<FactValues<D>> | undefined> => {
  const { signal } = request.interrupt
  if (!(await connectAll(state, [host], request.connect, signal)) || signal.aborted) return undefined
  try {
    return await read({ state, host, stage: request.stage, signal }, questions)
  } catch (error) {
    if (signal.aborted) return undefined
    if (lostOf(state, host.name)) reportLost(state, host.name)
    else reportError(state, error, EXIT.failed, host.name)
    return undefined
  }
}

interface Reading {
  readonly state: RunState
  readonly host: Host
  readonly stage: Stage
  readonly signal: AbortSignal
}

const read = async <H extends FactTree, D extends FactTree>(
  reading: Reading,
  { host: asked, deployment, folder }: Questions<H, D>,
): Promise<DiscoveredHost<FactValues<D>>> => {
  const { host, stage } = reading
  const { search, more } = await ask(reading, { search: deploymentsFact(), more: asked })
  const all = search!.deployTo.map((deployTo) => {
    const paths = pathsOf({ ...stage, deployTo, repoPath: undefined }, undefined)
    return {
      deployTo,
      paths,
      tree: { layout: layoutFact(paths), live: liveReleaseFact(paths, folder), facts: deployment(paths, more as FactValues<H>) },
    }
  })
  if (all.length === 0) return { host, search: search!, deployments: [] }
  const answers = await ask(reading, { all: all.map(({ tree }) => tree) })
  const deployments = all.map(({ deployTo, paths }, i) => {
    const { layout, live, facts } = answers.all![i]!
    return { deployTo, paths, live: live!, layout: parseLayout(layout!.stdout, String(paths.releases)), facts: facts as FactValues<D> }
  })
  return { host, search: search!, deployments }
}

/** The values of a tree of facts, read in one script. */
const ask = async <T extends FactTree>({ state, host, signal }: Reading, tree: T): Promise<FactValues<T>> =>
  factValues(tree, await probe(state, host, factCommands(tree), { signal })) as FactValues<T>
