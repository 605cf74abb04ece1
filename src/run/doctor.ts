import type { Host } from '../inventory/types.ts'
import type { LiveRelease } from '../events/types.ts'
import { coreChecks, coreFindings, fleetFindings, sameServerFindings } from '../plan/host-checks.ts'
import type { Finding } from '../tasks/types.ts'
import { EXIT } from '../values/errors.ts'
import { connectAll, reportError } from './connect.ts'
import { examineHost, recipeFindings, type Examination } from './examine-host.ts'
import { lostOf, reportLost } from './link.ts'
import { decideDoctor, type Outcome } from './outcome.ts'
import type { HostsRequest } from './request.ts'
import type { RunState } from './state.ts'
import { visit } from './visit.ts'

interface Found extends Finding {
  readonly host: string | undefined
  readonly recipe: string
}

/** Examines all hosts in parallel and reports what it finds. Takes no lock and writes nothing. Returns the exit code. */
export const doctor = async (request: HostsRequest): Promise<number> => {
  const { hosts, emit, interrupt } = request
  const { exit } = await visit(request, {
    name: 'doctor',
    work: async (state) => {
      const since = Date.now()
      const names = hosts.map((host) => host.name)
      emit({ type: 'wave:start', wave: 1, title: 'examine', tasks: ['doctor'], hosts: names })
      const first = hosts.find((host) => host.release)
      const all = await Promise.all(hosts.map((host) => examine(state, host, host === first, request)))
      const examined = all.filter((one) => one !== undefined)
      emit({ type: 'wave:end', wave: 1, ok: examined.length === hosts.length, ms: Date.now() - since })
      return examined
    },
    decide: (state, examined) => {
      const findings = interrupt.signal.aborted ? [] : findingsOf(state, request, examined)
      for (const { host, recipe, level, message, remedy } of findings) emit({ type: 'finding', host, recipe, level, message, remedy })
      const checks = examined.reduce((sum, { host, asked }) => sum + coreChecks(host) + asked, 0)
      const outcome = decideDoctor(state, { hosts: examined.map(({ host }) => host.name), checks, findings })
      return { ...outcome, live: interrupt.signal.aborted ? [] : examined.flatMap(liveOn), ...(hosts.length === 0 && noServers(request)) }
    },
  })
  return exit
}

/** A stage without servers is no mistake, but nothing is known to be well either. */
const noServers = ({ stage }: HostsRequest): Pick<Outcome, 'warnings'> => ({
  warnings: [{ message: `${stage.name} has no servers, so no host was examined; for the config alone: ${stage.shipit('check')}` }],
})

/** The live release of a host; empty if something else is live there. */
const liveOn = ({ host, layout }: Examination): readonly LiveRelease[] => {
  const { current } = layout
  if (!host.release || current.kind === 'other') return []
  const release = current.kind === 'link' ? current.release : undefined
  // `current` does not lead to a release: a finding, or a note of the next deploy, shows where it leads
  if (current.kind === 'link' && release === undefined && current.exists) return []
  return [{ host: host.name, release, revision: layout.revision, state: 'live' }]
}

const examine = async (state: RunState, host: Host, resolves: boolean, request: HostsRequest): Promise<Examination | undefined> => {
  const { signal } = request.interrupt
  if (!(await connectAll(state, [host], request.connect, signal)) || signal.aborted) return undefined
  try {
    return await examineHost(state, host, { ...request, signal, resolves })
  } catch (error) {
    if (signal.aborted) return undefined
    if (lostOf(state, host.name)) reportLost(state, host.name)
    else reportError(state, error, EXIT.failed, host.name)
    return undefined
  }
}

const findingsOf = (state: RunState, { stage, hosts, user, now }: HostsRequest, examined: readonly Examination[]): Found[] => {
  const live = new Map(
    examined.flatMap(({ host, layout }) =>
      host.release && layout.current.kind !== 'other'
        ? [
            [
              host.name,
              { release: layout.current.kind === 'link' ? layout.current.release : undefined, revision: layout.revision },
            ] as const,
          ]
        : [],
    ),
  )
  const of = (host: string | undefined, recipe: string, found: readonly Finding[]): Found[] =>
    found.map((finding) => ({ ...finding, host, recipe }))
  const places = sameServerFindings(stage.deployTo, examined)
  return [
    ...examined.flatMap((one) => [
      ...of(one.host.name, 'core', places.get(one.host.name) ?? []),
      ...of(one.host.name, 'core', coreFindings({ ...one, stage })),
      ...stage.recipes.flatMap((recipe) => of(one.host.name, recipe.name, recipeFindings(state, recipe, one, { stage, hosts, user, now }))),
    ]),
    ...of(
      undefined,
      'core',
      fleetFindings(
        stage,
        live,
        examined.flatMap(({ host, layout }) => (host.release ? layout : [])),
      ),
    ),
  ]
}
