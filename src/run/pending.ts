import { commitFact } from '../facts/commit.ts'
import { parseRanges, rangeFact, type CommitRange } from '../facts/commit-range.ts'
import type { CommitNotes } from '../facts/commit-notes.ts'
import { withDefaults } from '../plan/command-defaults.ts'
import { pathsOf } from '../plan/context.ts'
import { usesGit } from '../tasks/deploy/git/replaced-tasks.ts'
import { EXIT, ShipitError, usageError } from '../values/errors.ts'
import { commitOf } from './commit-answer.ts'
import { commitsOf } from './commits-of.ts'
import { reportError } from './connect.ts'
import { hintOf } from './hints.ts'
import { countUnpushed, rangeLocally, resolveLocally } from './local-checkout.ts'
import { lookAtHosts, type Look, type Looked, type LookRequest } from './look.ts'
import type { PendingGroup, StagePending } from './pending-types.ts'
import { pendingHeadline } from './pending-words.ts'
import { probe } from './probe.ts'

export interface PendingRequest extends LookRequest {
  readonly diff: boolean
}

/** What a deploy would change: the commits between what is live and what would be deployed. Fetches nothing that stays. */
export const pending = async (request: PendingRequest): Promise<{ readonly exit: number; readonly result: StagePending }> => {
  const { stage } = request
  if (!usesGit(stage) || stage.repoUrl === undefined)
    throw usageError('pending compares commits, and this stage does not deploy from a git repository', {
      hint: stage.repoUrl === undefined ? `set repoUrl in ${stage.file}` : `see what is live: ${stage.shipit('status')}`,
    })
  const asked = commitFact(stage, refOf(request), pathsOf(stage, undefined).repo, await resolveLocally(stage))
  return lookAtHosts(
    request,
    'pending',
    // the first host asks the git server, as in a deploy
    (_, host) => ({
      commands: asked && host === request.hosts[0] ? [asked] : [],
      agent: asked !== undefined && host === request.hosts[0] && host.ssh.forwardAgent === 'git',
    }),
    async (looked) => {
      const result = await pendingOf(request, looked, asked)
      return { result, headline: result.headline }
    },
  )
}

const refOf = ({ stage }: Pick<LookRequest, 'stage'>): string => stage.revision ?? stage.branch

const pendingOf = async (request: PendingRequest, looked: Looked, asked: ReturnType<typeof commitFact>): Promise<StagePending> => {
  const { stage, hosts, now } = request
  const revision = await attempt(request, looked, () => revisionOf(request, looked, asked))
  const groups = [...Map.groupBy(looked.looks, liveIn)].map(([live, all]) => ({
    hosts: all.map(({ host }) => host.name),
    live: live === '' || live === UNKNOWN ? undefined : live,
    first: live === '',
  }))
  const ranges = revision === undefined ? undefined : await attempt(request, looked, () => rangesOf(request, looked, groups, revision))
  const known = await commitsOf(stage, looked.looks, revision)
  const result = {
    application: stage.application,
    stage: stage.name,
    branch: refOf(request),
    revision,
    commit: revision === undefined ? undefined : (known.get(revision) ?? noted(ranges, revision)),
    groups: groups.map((group) => ({ ...group, range: group.live === undefined ? undefined : ranges?.get(group.live) })),
    unpushed: revision === undefined ? undefined : await countUnpushed(stage, revision),
    unread: hosts.filter((host) => !looked.looks.some((look) => look.host === host)).map(({ name }) => name),
    now: now.getTime() / 1000,
  }
  return { ...result, headline: pendingHeadline(result) }
}

const UNKNOWN = 'unknown'

/** The commit that is live; '' if nothing is. */
const liveIn = ({ layout: { current, revision, releases } }: Look): string => {
  if (current.kind === 'none' || (current.kind === 'link' && !current.exists)) return ''
  if (current.kind === 'other') return UNKNOWN
  return revision ?? releases.find(({ name }) => name === current.release)?.revision ?? UNKNOWN
}

/** The commit that would be deployed. Throws ShipitError. */
const revisionOf = async (
  request: PendingRequest,
  { state, looks }: Looked,
  asked: ReturnType<typeof commitFact>,
): Promise<string | undefined> => {
  const { stage, hosts, interrupt } = request
  if (asked === undefined) return refOf(request).toLowerCase()
  const [first] = looks
  // if no host could be read, that is the failure
  if (first === undefined) return undefined
  const agent = first.host.ssh.forwardAgent === 'git'
  const [answer] =
    first.host === hosts[0]
      ? first.answers
      : await probe(state, first.host, [withDefaults(asked, stage, first.host)], { signal: interrupt.signal, agent })
  const commit = commitOf(answer!, refOf(request), stage)!
  if ('error' in commit) throw new ShipitError(commit.error, { host: first.host.name, hint: commit.hint })
  return commit.sha
}

/** What lies between each live commit and the new one: from the checkout of the config, and else from the first host. Throws ShipitError. */
const rangesOf = async (
  { stage, interrupt, diff }: PendingRequest,
  { state, looks }: Looked,
  groups: readonly Pick<PendingGroup, 'live'>[],
  revision: string,
): Promise<ReadonlyMap<string, CommitRange>> => {
  const ranges = new Map<string, CommitRange>()
  const others: string[] = []
  for (const { live } of groups) {
    if (live === undefined) continue
    const range = live === revision ? NOTHING : await rangeLocally(stage, live, revision, { diff })
    if (range && !('missing' in range)) ranges.set(live, range)
    else others.push(live)
  }
  const host = looks[0]?.host
  if (others.length === 0 || host === undefined) return ranges
  const command = rangeFact(stage, pathsOf(stage, undefined).repo, others, revision, { diff })
  const agent = host.ssh.forwardAgent === 'git'
  const [answer] = await probe(state, host, [withDefaults(command, stage, host)], { signal: interrupt.signal, agent })
  if (!answer!.ok)
    throw new ShipitError(`the commits cannot be listed: exit ${answer!.code}${answer!.stderr ? `\n${answer!.stderr.trim()}` : ''}`, {
      host: host.name,
      hint: hintOf(command, answer!),
    })
  const read = parseRanges(answer!.stdout)
  const missing = others.filter((live) => !read.has(live))
  if (missing.length > 0)
    throw new ShipitError(`the repository does not have ${missing.map((live) => live.slice(0, 7)).join(', ')}, which is live`, {
      hint: `was its branch rewritten? See what is live: ${stage.shipit('releases')}`,
    })
  return new Map([...ranges, ...read])
}

const NOTHING: CommitRange = { added: { count: 0, newest: [] }, removed: { count: 0, newest: [] } }

const noted = (ranges: ReadonlyMap<string, CommitRange> | undefined, revision: string): CommitNotes | undefined =>
  [...(ranges?.values() ?? [])].flatMap(({ added }) => added.newest).find(({ commit }) => commit === revision)

/** The result; undefined if it throws, which is reported unless an interrupt is the reason. */
const attempt = async <T>({ interrupt }: PendingRequest, { state }: Looked, run: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await run()
  } catch (error) {
    if (!interrupt.signal.aborted) reportError(state, error, EXIT.failed)
    return undefined
  }
}
