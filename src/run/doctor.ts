import type { Host } from '../inventory/types.ts'
import { coreChecks, coreFindings, fleetFindings, placeFindings } from '../plan/findings.ts'
import type { Finding } from '../tasks/types.ts'
import { EXIT } from '../values/errors.ts'
import { connectAll, reportError } from './connect.ts'
import { examineHost, recipeFindings, type Examination } from './examine.ts'
import { lostOf, sessionsOf, tellLost } from './link.ts'
import { decideDoctor } from './outcome.ts'
import type { DoctorRequest } from './request.ts'
import { createState, type RunState } from './state.ts'
import { tellStrays } from './strays.ts'

interface Found extends Finding {
  readonly host: string | undefined
  readonly recipe: string
}

/** Examines all hosts in parallel and reports what it finds. Takes no lock and writes nothing. Returns the exit code. */
export const doctor = async (request: DoctorRequest): Promise<number> => {
  const { stage, hosts, emit, interrupt } = request
  const state = createState(request.run, emit)
  const since = Date.now()
  emit({
    type: 'run:start',
    run: request.run,
    stage: stage.name,
    application: stage.application,
    tasks: ['doctor'],
    hosts: hosts.map((host) => ({ host: host.name, address: host.address })),
    user: request.user,
    version: request.version,
  })
  const quiet = tellStrays(state, request.strays)
  let examined: readonly Examination[] = []
  try {
    const names = hosts.map((host) => host.name)
    emit({ type: 'wave:start', wave: 1, title: 'examine', tasks: ['doctor'], hosts: names })
    const first = hosts.find((host) => host.release)
    examined = (await Promise.all(hosts.map((host) => examine(state, host, host === first, request)))).filter((one) => one !== undefined)
    emit({ type: 'wave:end', wave: 1, ok: examined.length === hosts.length, ms: Date.now() - since })
  } finally {
    await Promise.all(sessionsOf(state).map((session) => session.leave().catch(() => {})))
    quiet()
  }
  state.interrupted = interrupt.name()
  const findings = interrupt.signal.aborted ? [] : findingsOf(state, request, examined)
  for (const { host, recipe, level, message, remedy } of findings) emit({ type: 'finding', host, recipe, level, message, remedy })
  const checks = examined.reduce((sum, { host, asked }) => sum + coreChecks(host) + asked, 0)
  const { exit, headline } = decideDoctor(state, { hosts: examined.length, checks, findings })
  emit({ type: 'run:end', exit, ms: Date.now() - since, headline, live: [], next: [] })
  return exit
}

const examine = async (state: RunState, host: Host, resolves: boolean, request: DoctorRequest): Promise<Examination | undefined> => {
  const { signal } = request.interrupt
  if (!(await connectAll(state, [host], request.connect, signal)) || signal.aborted) return undefined
  try {
    return await examineHost(state, host, { ...request, signal, resolves })
  } catch (error) {
    if (signal.aborted) return undefined
    if (lostOf(state, host.name)) tellLost(state, host.name)
    else reportError(state, error, EXIT.failed, host.name)
    return undefined
  }
}

const findingsOf = (state: RunState, { stage, hosts, user, now }: DoctorRequest, examined: readonly Examination[]): Found[] => {
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
  const places = placeFindings(stage.deployTo, examined)
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
