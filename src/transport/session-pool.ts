import type { Shell } from './session-shell.ts'

export interface ShellPool {
  /** Resolves with a shell for the caller alone, a spare one if there is one. Its place is free again once it has closed. */
  take(agent?: boolean): Promise<Shell>
  /** Resolves when the first shell is ready. */
  warm(): Promise<void>
  /** How many plain shells will probably still be taken: no more spares than that are opened. */
  expect(count: number): void
  /** Closes all spares and rejects all waiting calls. */
  close(reason: Error): void
}

export interface PoolOptions {
  open(agent: boolean): Promise<Shell>
  /** how many to keep ready */
  readonly spares: number
  /** how many may be open at once, spares included */
  readonly limit: number
  /** whether a failed open means "not that many at once" (sshd's MaxSessions) */
  full(error: unknown): boolean
}

const HURRY = 1000

interface Waiter extends PromiseWithResolvers<Shell> {
  readonly agent: boolean
}

/** Opens shells before they are needed, and never too many at once. */
export const shellPool = ({ open, spares, limit, full }: PoolOptions): ShellPool => {
  const ready: Shell[] = []
  const opening = { agent: 0, plain: 0 }
  let waiters: Waiter[] = []
  const busy = new Set<Shell>()
  const first = Promise.withResolvers<void>()
  let room = limit
  let expected = Infinity
  let over: Error | undefined

  first.promise.catch(() => {})

  const held = (): number => ready.length + opening.agent + opening.plain + busy.size
  const waiting = (agent: boolean): number => waiters.filter((waiter) => waiter.agent === agent).length

  const fill = (): void => {
    if (over) return
    const agents = (): number => waiting(true) - opening.agent
    while (agents() > 0 && held() < room) void start(true)
    // an idle spare makes room for a channel that is needed; once it has closed, this is called again
    if (agents() > 0) return ready.pop()?.close()
    while (waiting(false) + Math.min(spares, expected) > ready.length + opening.plain && held() < room) void start(false)
  }

  const start = async (agent: boolean): Promise<void> => {
    const kind = agent ? 'agent' : 'plain'
    opening[kind]++
    // a transport may queue what sshd refuses: then a spare is in the way
    const hurry = agent ? setInterval(() => ready.pop()?.close(), HURRY) : undefined
    let shell: Shell | undefined
    let error: unknown
    try {
      shell = await open(agent)
    } catch (caught) {
      error = caught
    }
    clearInterval(hurry)
    opening[kind]--
    if (shell) return arrive(shell, agent)
    if (full(error) && held() > 0) {
      room = held()
      return
    }
    if (!agent && ready.length === 0) first.reject(error)
    refuse(error, (waiter) => waiter.agent === agent)
  }

  const arrive = (shell: Shell, agent: boolean): void => {
    const waiter = waiters.find((one) => one.agent === agent)
    if (over || (agent && !waiter)) return shell.close()
    void shell.closed.then(() => leave(shell))
    first.resolve()
    if (!waiter) return void ready.push(shell)
    waiters = waiters.filter((one) => one !== waiter)
    busy.add(shell)
    waiter.resolve(shell)
  }

  const leave = (shell: Shell): void => {
    const at = ready.indexOf(shell)
    if (at >= 0) ready.splice(at, 1)
    if (waiters.length > 0) room = Math.min(limit, room + 1)
    // a spare that died by itself is replaced only when a shell is needed: it would die again
    if (busy.delete(shell) || waiters.length > 0) fill()
  }

  const refuse = (error: unknown, which: (waiter: Waiter) => boolean): void => {
    const refused = waiters.filter(which)
    waiters = waiters.filter((waiter) => !which(waiter))
    for (const waiter of refused) waiter.reject(error)
  }

  const take = (agent = false): Promise<Shell> => {
    if (over) return Promise.reject(over)
    if (!agent && expected > 0) expected--
    const spare = agent ? undefined : ready.shift()
    if (spare) {
      busy.add(spare)
      fill()
      return Promise.resolve(spare)
    }
    const waiter: Waiter = { agent, ...Promise.withResolvers<Shell>() }
    waiters.push(waiter)
    fill()
    return waiter.promise
  }

  return {
    take,
    warm: () => {
      fill()
      return first.promise
    },
    expect: (count) => {
      expected = count
      fill()
    },
    close: (reason) => {
      over = reason
      first.reject(reason)
      refuse(reason, () => true)
      for (const shell of ready.splice(0)) shell.close()
    },
  }
}
