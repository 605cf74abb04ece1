import type { Chunk, Lane, Plan, Wave } from '../plan/types.ts'
import { transfersFiles } from '../shell/command.ts'
import { runChunk } from './chunk.ts'
import { lostOf, sessionOf, reportLost } from './link.ts'
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
      const ok = await runLane(state, lane, { wave: number, signal, gates, recovery, checks: wave.checks === true })
      if (!ok && wave.policy === 'cancel') stop.abort(new Error('another host failed'))
      return ok
    }),
  )
  return results.every(Boolean)
}

/**
 * Tells each session how many shells the scripts of the plan use up on its host. All scripts that leave nothing share one. For code, the
 * number is unknown.
 */
export const expectScripts = (state: RunState, { waves }: Plan): void => {
  const counts = new Map([...state.links.keys()].map((host) => [host, 0]))
  const sharing = new Set<string>()
  for (const wave of waves) {
    if (wave.kind === 'run') for (const { name } of wave.hosts) counts.set(name, Infinity)
    else
      for (const { host, chunks } of wave.lanes) {
        const own = chunks.filter(({ agent }) => !agent)
        const usedUp = own.filter(usesUp)
        counts.set(host.name, (counts.get(host.name) ?? 0) + usedUp.reduce((sum, chunk) => sum + 1 + transfersIn(chunk), 0))
        if (usedUp.length < own.length) sharing.add(host.name)
      }
  }
  for (const [host, count] of counts) sessionOf(state, host)?.expect(count + (sharing.has(host) ? 1 : 0))
}

const usesUp = ({ tasks }: Chunk): boolean => !tasks.every(({ steps }) => steps.every(({ spec }) => spec.contained === true))

/** Each has a script of its own. */
const transfersIn = ({ tasks }: Chunk): number =>
  tasks.reduce((sum, { steps }) => sum + steps.filter(({ spec }) => transfersFiles(spec)).length, 0)

interface LaneRun {
  readonly wave: number
  readonly signal: AbortSignal
  readonly gates: Map<number, Gate>
  readonly recovery: boolean
  readonly checks: boolean
}

const runLane = async (state: RunState, { host, chunks }: Lane, { wave, signal, gates, recovery, checks }: LaneRun): Promise<boolean> => {
  const session = sessionOf(state, host.name)
  if (!session) return false
  let allOk = true
  for (const chunk of chunks) {
    const gate = chunk.limit === undefined ? undefined : gateOf(gates, chunk.limit)
    if (gate?.full()) state.emit({ type: 'host:waiting', host: host.name, wave, reason: `its turn: ${chunk.limit} hosts at a time` })
    await gate?.enter()
    try {
      if (signal.aborted) return false
      if (lostOf(state, host.name)) {
        reportLost(state, host.name)
        return false
      }
      const { ok } = await runChunk(chunk.tasks, { state, host, session, wave, signal, agent: chunk.agent, checks })
      allOk &&= ok
      if (!ok && !recovery && !checks) return false
    } finally {
      gate?.leave()
    }
  }
  return allOk
}

/** A first-in-first-out semaphore. */
interface Gate {
  full(): boolean
  enter(): Promise<void>
  leave(): void
}
const gateOf = (gates: Map<number, Gate>, limit: number): Gate => {
  const existing = gates.get(limit)
  if (existing) return existing
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
