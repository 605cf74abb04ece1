import type { Host } from '../inventory/types.ts'
import type { Lane, Wave } from '../plan/types.ts'
import { EXIT } from '../values/errors.ts'
import { runChunk } from './chunk.ts'
import { recordFailure, type RunState } from './state.ts'

type StepsWave = Wave & { kind: 'steps' }

/**
 * Runs one wave: every host by itself, none waits for another. Under `cancel` the first failure ends what the other hosts run;
 * under `finish` they go on to the end of the wave. True when all went well.
 */
export const runWave = async (state: RunState, wave: StepsWave, number: number, interrupt: AbortSignal): Promise<boolean> => {
  const stop = new AbortController()
  // the switch is short and must not be cut in half: an interrupt waits for it
  const signal = wave.barrier === '|live' ? stop.signal : AbortSignal.any([stop.signal, interrupt])
  const gates = new Map<number, Gate>()
  const results = await Promise.all(
    wave.lanes.map(async (lane) => {
      const ok = await runLane(state, lane, number, signal, gates)
      if (!ok && wave.policy === 'cancel') stop.abort(new Error('another host failed'))
      return ok
    }),
  )
  return results.every(Boolean)
}

const runLane = async (state: RunState, { host, chunks }: Lane, wave: number, signal: AbortSignal, gates: Map<number, Gate>): Promise<boolean> => {
  const session = state.sessions.get(host.name)
  if (!session) return false
  for (const chunk of chunks) {
    const gate = chunk.limit === undefined ? undefined : gateOf(gates, chunk.limit)
    await gate?.enter()
    try {
      if (signal.aborted) return false
      if (state.lost.has(host.name)) return tellLost(state, host)
      const { ok } = await runChunk(chunk.tasks, { state, host, session, wave, signal, agent: chunk.agent })
      if (!ok) return false
    } finally {
      gate?.leave()
    }
  }
  return true
}

/** A connection that went away between two scripts is a failure of the host, told once. */
const tellLost = (state: RunState, host: Host): boolean => {
  const reason = `the connection was lost: ${state.lost.get(host.name)!.message}`
  const told = state.failures.some((failure) => failure.host === host.name)
  if (!told) recordFailure(state, { host: host.name, reason, output: [], exit: EXIT.unreachable })
  return false
}

/** Lets so many in at a time, in the order of their coming. */
interface Gate {
  enter(): Promise<void>
  leave(): void
}
const gateOf = (gates: Map<number, Gate>, limit: number): Gate => {
  const known = gates.get(limit)
  if (known) return known
  let free = limit
  const waiting: (() => void)[] = []
  const gate: Gate = {
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
