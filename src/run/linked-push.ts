import type { Host } from '../inventory/types.ts'
import { withDefaults } from '../plan/command-defaults.ts'
import { pathsOf } from '../plan/context.ts'
import { sendLinked } from '../tasks/deploy/send-linked-files.ts'
import type { LinkedSource } from '../tasks/linked-source.ts'
import { count } from '../values/count.ts'
import { EXIT, usageError } from '../values/errors.ts'
import { runChunk } from './chunk.ts'
import { connectAll } from './connect.ts'
import { reachable, sessionOf } from './link.ts'
import { localState } from './linked-local.ts'
import { lockAll, type LockingRun } from './lock.ts'
import { decideExec, decideHold } from './outcome.ts'
import type { HostsRequest } from './request.ts'
import type { RunState } from './state.ts'
import { visit } from './visit.ts'

export interface LinkedRequest extends HostsRequest {
  readonly sources: readonly LinkedSource[]
}

type PushRequest = LinkedRequest & Pick<LockingRun, 'owner' | 'waitForLock'>

const PUSH = 'linked:push'

/** Throws (usage) for files that this machine does not have. */
export const requireLocal = async (sources: readonly LinkedSource[]): Promise<void> => {
  const states = await Promise.all(sources.map(({ file }) => localState(file)))
  const missing = sources.filter((_, i) => states[i] === undefined)
  if (missing.length > 0)
    throw usageError(`${missing.map(({ file }) => file).join(', ')} ${missing.length === 1 ? 'does' : 'do'} not exist on this machine`, {
      hint: `linkedFiles, in the config, names ${missing.length === 1 ? 'it' : 'them'}: correct that, or make the ${missing.length === 1 ? 'file' : 'files'}`,
    })
}

/**
 * Sends linked files to all hosts that can be reached, whatever they have, under the lock of a run: a deploy reads these files, and may send
 * them itself. If a lock is taken, nothing is sent anywhere. Returns the exit code.
 */
export const pushLinked = async (request: PushRequest): Promise<number> => {
  const { hosts, sources } = request
  let sent = 0
  const emit: typeof request.emit = (event) => {
    if (event.type === 'log' && event.task === PUSH) sent += 1
    request.emit(event)
  }
  const { exit } = await visit(
    { ...request, emit },
    {
      name: PUSH,
      work: (state) => push(state, request),
      decide: (state, locked) => {
        if (!locked && state.failures.some(({ exit }) => exit !== EXIT.unreachable)) return decideHold(state, 'nothing was sent')
        if (state.failures.length > 0 || state.interrupted) return decideExec(state, hosts)
        const all = `${sources.length === 1 ? sources[0]!.path : `all ${sources.length} files`}`
        return decideHold(
          state,
          sent === 0
            ? `nothing to send: ${count(hosts.length, 'host')} ${hosts.length === 1 ? 'has' : 'have'} ${all} as here`
            : `${count(sent, 'file')} sent, ${count(hosts.length, 'host')} ${hosts.length === 1 ? 'has' : 'have'} ${all} as here`,
        )
      },
    },
  )
  return exit
}

/** Returns whether it had the locks. */
const push = async (state: RunState, request: PushRequest): Promise<boolean> => {
  const { hosts, connect, interrupt } = request
  await Promise.all(hosts.map((host) => connectAll(state, [host], connect, interrupt.signal)))
  const connected = reachable(state, hosts)
  if (connected.length === 0 || interrupt.signal.aborted) return false
  const noReads = async (): Promise<void> => {}
  if (!(await lockAll(state, connected, { ...request, tasks: [PUSH] }, noReads)) || interrupt.signal.aborted) return false
  await Promise.all(reachable(state, connected).map((host) => pushTo(state, host, request)))
  return true
}

const pushTo = async (state: RunState, host: Host, { stage, sources, interrupt: { signal } }: PushRequest): Promise<void> => {
  const paths = pathsOf(stage, undefined)
  const steps = sources.map((source) => withDefaults(sendLinked(source, paths, 'changed'), stage, host))
  await runChunk([{ name: PUSH, steps }], { state, host, session: sessionOf(state, host.name)!, wave: 1, signal })
}
