import { layoutFact, parseLayout } from '../facts/layout-fact.ts'
import { lookFact, parseLook, type LookFacts } from '../facts/look-fact.ts'
import type { HostFacts, ProbeResult } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { withDefaults, withMapping } from '../plan/command-defaults.ts'
import { pathsOf } from '../plan/context.ts'
import type { Command } from '../shell/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { connectAll, reportError } from './connect.ts'
import { lostOf, reportLost } from './link.ts'
import { decideLook } from './outcome.ts'
import { probe } from './probe.ts'
import type { HostsRequest } from './request.ts'
import { seenIn } from './seen-releases.ts'
import type { RunState } from './state.ts'
import { visit } from './visit.ts'

/** What a command that looks at the hosts gets; it takes no lock and writes nothing. */
export type LookRequest = HostsRequest

/** What was read from one host. */
export interface Look {
  readonly host: Host
  readonly layout: HostFacts
  readonly facts: LookFacts
  /** the answers to the further questions, in their order */
  readonly answers: readonly ProbeResult[]
}

/** What else to ask one host, in the same script. */
export type Questions = (state: RunState, host: Host) => { readonly commands: readonly Command[]; readonly agent?: boolean }

export interface Looked {
  readonly state: RunState
  /** in the order of the hosts; those that could not be read are missing, and their failure is reported */
  readonly looks: readonly Look[]
}

/** What a command makes of it. */
export interface Found<T> {
  readonly result: T
  readonly headline: string
  /** what was found makes the exit code 1, whatever else happened */
  readonly refused?: boolean
}

/**
 * Logs in to each host, and reads it in one script. A host that cannot be read is reported, and holds up no other. `then` runs while the
 * connections are open. `command`: its name, for the events.
 */
export const lookAtHosts = async <T>(
  request: LookRequest,
  command: string,
  questions: Questions,
  then: (looked: Looked) => Promise<Found<T>>,
): Promise<{ readonly exit: number; readonly result: T }> => {
  const { exit, result } = await visit(request, {
    name: command,
    work: async (state) => {
      const looks = await Promise.all(request.hosts.map((host) => lookAt(state, host, request, questions)))
      const found = looks.filter((one) => one !== undefined)
      const layouts = found.flatMap(({ host, layout }) => (host.release ? [layout] : []))
      if (layouts.length > 0) request.sawReleases?.(seenIn(layouts))
      return then({ state, looks: found })
    },
    decide: (state, { headline, refused }) => decideLook(state, headline, refused),
  })
  return { exit, result: result.result }
}

const lookAt = async (state: RunState, host: Host, request: LookRequest, questions: Questions): Promise<Look | undefined> => {
  const { signal } = request.interrupt
  if (!(await connectAll(state, [host], request.connect, signal)) || signal.aborted) return undefined
  const since = Date.now()
  const look = await readLook(state, host, request, questions)
  if (look === undefined) return undefined
  const { current, revision } = look.layout
  const live = current.kind === 'link' ? current.release : undefined
  state.emit({ type: 'facts', host: host.name, ms: Date.now() - since, live, revision })
  return look
}

type Reading = Pick<LookRequest, 'stage' | 'interrupt'>

/** Reads a host that is logged in to. If that fails, the failure is reported, and there is no look. */
export const readLook = async (state: RunState, host: Host, request: Reading, questions: Questions): Promise<Look | undefined> => {
  try {
    return await readFacts(state, host, request, questions)
  } catch (error) {
    if (request.interrupt.signal.aborted) return undefined
    if (lostOf(state, host.name)) reportLost(state, host.name)
    else reportError(state, error, EXIT.failed, host.name)
    return undefined
  }
}

const readFacts = async (state: RunState, host: Host, { stage, interrupt }: Reading, questions: Questions): Promise<Look> => {
  const paths = pathsOf(stage, undefined)
  const { commands, agent = false } = questions(state, host)
  const all = [
    ...[layoutFact(paths), lookFact(paths)].map((command) => withDefaults(command, stage, host)),
    ...commands.map((command) => withMapping(command, stage, host)),
  ]
  const [layout, look, ...answers] = await probe(state, host, all, { signal: interrupt.signal, agent })
  for (const answer of [layout!, look!])
    if (!answer.ok)
      throw new ShipitError(`reading the host failed: exit ${answer.code}${answer.stderr ? `: ${answer.stderr.trim()}` : ''}`, {
        host: host.name,
      })
  const facts = { ...parseLayout(layout!.stdout, String(paths.releases)), commit: undefined }
  return { host, layout: facts, facts: parseLook(look!.stdout), answers }
}
