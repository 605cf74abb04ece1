import type { CommitNotes } from '../facts/commit-notes.ts'
import { treatmentOf } from '../facts/release-states.ts'
import type { Host } from '../inventory/types.ts'
import { count } from '../values/count.ts'
import { commitsOf } from './commits-of.ts'
import { lookAtHosts, type Look, type LookRequest } from './look.ts'
import { serviceQuestions, type RecipeServices, type ServiceQuestions } from './services.ts'
import { rowsOf } from './service-rows.ts'
import { elsewhereOf, findDrift, mostLive } from './drift.ts'
import type { Drift, HostStatus, LiveStatus, StageStatus } from './status-types.ts'

export interface StatusRequest extends LookRequest {
  /** drift is exit code 1 */
  readonly check: boolean
}

/** What is live on each host, and which services run from it, in one script a host. */
export const status = async (request: StatusRequest): Promise<{ readonly exit: number; readonly result: StageStatus }> => {
  const questions = new Map<Host, ServiceQuestions>()
  return lookAtHosts(
    request,
    'status',
    (state, host) => {
      const asked = serviceQuestions(state, host, request)
      questions.set(host, asked)
      return asked
    },
    async ({ looks }) => {
      const services = new Map(looks.map((look) => [look.host, questions.get(look.host)!.parse(look.answers)]))
      const result = await statusOf(request, looks, services)
      return { result, headline: result.headline, refused: request.check && result.drift.length > 0 }
    },
  )
}

const statusOf = async (
  { stage, hosts }: LookRequest,
  looks: readonly Look[],
  services: ReadonlyMap<Host, readonly RecipeServices[]>,
): Promise<StageStatus> => {
  const known = await commitsOf(stage, looks)
  const most = mostLive(looks)
  const all = hosts.map((host): HostStatus => {
    const look = looks.find((one) => one.host === host)
    if (!look) return { ...UNREAD, host: host.name, releases: host.release }
    const found = services.get(host) ?? []
    const live = liveOf(look, known)
    const elsewhere = host.release ? elsewhereOf(look) : undefined
    return {
      host: host.name,
      read: true,
      releases: host.release,
      live,
      elsewhere,
      differs: host.release && most !== undefined && (live?.release ?? elsewhere ?? '') !== most,
      before: live && olderGood(look, live.release),
      lock: look.facts.lock,
      hold: look.layout.hold,
      services: rowsOf(look, found),
      unread: found.flatMap(({ recipe, unread }) => (unread === undefined ? [] : [{ recipe, why: unread }])),
    }
  })
  const drift = findDrift(all, most)
  return { application: stage.application, stage: stage.name, hosts: all, drift, headline: headlineOf(all, drift) }
}

const UNREAD: Omit<HostStatus, 'host' | 'releases'> = {
  read: false,
  live: undefined,
  elsewhere: undefined,
  differs: false,
  before: undefined,
  lock: undefined,
  hold: undefined,
  services: [],
  unread: [],
}

const liveOf = ({ host, layout, facts }: Look, known: ReadonlyMap<string, CommitNotes>): LiveStatus | undefined => {
  const { current } = layout
  if (!host.release || current.kind !== 'link' || current.release === undefined || !current.exists) return undefined
  const { release } = current
  const fact = layout.releases.find(({ name }) => name === release)
  const revision = layout.revision ?? fact?.revision
  const { now, switched } = facts
  return {
    release,
    state: fact?.state ?? 'unknown',
    revision,
    commit: revision === undefined ? undefined : known.get(revision),
    branch: fact?.branch,
    by: fact?.by,
    since: switched,
    age: now === undefined || switched === undefined ? undefined : Math.max(0, now - switched),
  }
}

/** The newest good release before this one: where a rollback of this host alone would go. */
const olderGood = ({ layout }: Look, release: string): string | undefined =>
  layout.releases.findLast((one) => one.name < release && treatmentOf(one).rollback === 'goes there')?.name

const headlineOf = (hosts: readonly HostStatus[], drift: readonly Drift[]): string => {
  const apart = new Set(drift.map(({ host }) => host)).size
  if (apart > 0) return `${apart} of ${count(hosts.length, 'host')} ${apart === 1 ? 'is' : 'are'} not in step`
  const releasing = hosts.filter(({ releases }) => releases)
  const [first] = releasing
  const unknown = hosts.flatMap(({ services }) => services.filter(({ from }) => from === 'unknown'))
  const live =
    first?.live === undefined
      ? first?.elsewhere === undefined
        ? 'nothing is live yet'
        : 'no release is live'
      : `${releasing.length === 1 ? first.host : `all ${releasing.length} hosts`} on release ${first.live.release}`
  return `${live}${unknown.length === 0 ? '' : `; which release runs is not known of ${[...new Set(unknown.map(({ name }) => name))].join(', ')}`}`
}
