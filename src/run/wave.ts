import type { Lane, Plan, Wave } from '../plan/types.ts'
import { runChunk } from './chunk.ts'
import { lostOf, sessionOf, tellLost } from './link.ts'
import { type RunState } from './state.ts'

type StepsWave = Wave & { kind: 'steps' }

/**
 * Runs one wave; hosts do not wait for each other. With `cancel`, the first failure ends what the other hosts run; with `finish`, they go
 * on to the end of the wave. In a recovery, a failed task does not stop the next one.
 * Returns true if all went well.
 */
export const runWave = async (
  state: RunState,
  wave: StepsWave,
  number: number,
  interrupt: AbortSignal,
  recovery = false,
): Promise<boolean> => {
  const stop = new AbortController()
  // the switch is short and must not be cut in half: an interrupt waits for it
  const signal = wave.barrier === '|live' ? stop.signal : AbortSignal.any([stop.signal, interrupt])
  const gates = new Map<number, Gate>()
  const results = await Promise.all(
    wave.lanes.map(async (lane) => {
      const ok = await runLane(state, lane, { wave: number, signal, gates, recovery, goOn: wave.checks === true })
      if (!ok && wave.policy === 'cancel') stop.abort(new Error('another host failed'))
      return ok
    }),
  )
  return results.every(Boolean)
}

/** Tells each session how many scripts the plan has for its host. For code, the number is unknown. */
export const expectScripts = (state: RunState, { waves }: Plan): void => {
  const counts = new Map([...state.links.keys()].map((host) => [host, 0]))
  for (const wave of waves) {
    if (wave.kind === 'run') for (const { name } of wave.hosts) counts.set(name, Infinity)
    else
      for (const { host, chunks } of wave.lanes)
        counts.set(host.name, (counts.get(host.name) ?? 0) + chunks.filter(({ agent }) => !agent).length)
  }
  for (const [host, count] of counts) sessionOf(state, host)?.expect(count)
}

interface LaneRun {
  readonly wave: number
  readonly signal: AbortSignal
  readonly gates: Map<number, Gate>
  readonly recovery: boolean
  readonly goOn: boolean
}

const runLane = async (state: RunState, { host, chunks }: Lane, { wave, signal, gates, recovery, goOn }: LaneRun): Promise<boolean> => {
  const session = sessionOf(state, host.name)
  if (!session) return false
  let all = true
  for (const chunk of chunks) {
    const gate = chunk.limit === undefined ? undefined : gateOf(gates, chunk.limit)
    if (gate?.full()) state.emit({ type: 'host:waiting', host: host.name, wave, reason: `its turn: ${chunk.limit} hosts at a time` })
    await gate?.enter()
    try {
      if (signal.aborted) return false
      if (lostOf(state, host.name)) {
        tellLost(state, host.name)
        return false
      }
      const { ok } = await runChunk(chunk.tasks, { state, host, session, wave, signal, agent: chunk.agent, goOn })
      all &&= ok
      if (!ok && !recovery && !goOn) return false
    } finally {
      gate?.leave()
    }
  }
  return all
}

/** A first-in-first-out semaphore. */
interface Gate {
  full(): boolean
  enter(): Promise<void>
  leave(): void
}
const gateOf = (gates: Map<number, Gate>, limit: number): Gate => {
  const known = gates.get(limit)
  if (known) return known
  let free = limit
  const waiting: (() => void)[] = []
  const gate: Gate = {
    full: () => free === 0,
    enter: () => {
      if (free > 0) {
        free--
        return Promise.resolve()
      }
      return new Promise((resolve) => waiting.push(resolve))
    },
    leave: () => {
      const next = waiting.shift()
      if (next) next()
      else free++
    },
  }
  gates.set(limit, gate)
  return gate
}
