export interface Semaphore {
  /** Waits for a permit, runs `work`, and releases the permit. Rejects with the signal's reason if aborted while waiting. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** A first-in-first-out semaphore. */
export const semaphore = (permits: number): Semaphore => {
  let free = permits
  const waiting: (() => void)[] = []

  const enter = (signal: AbortSignal | undefined): Promise<void> | undefined => {
    signal?.throwIfAborted()
    if (free > 0) {
      free--
      return undefined
    }
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        waiting.splice(waiting.indexOf(go), 1)
        reject(signal!.reason)
      }
      signal?.addEventListener('abort', leave, { once: true })
      waiting.push(go)
    })
  }

  return {
    run: async (work, signal) => {
      await enter(signal)
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else free++
      }
    },
  }
}

/** One semaphore per key. */
export const semaphores = (permits: number): ((key: string) => Semaphore) => {
  const all = new Map<string, Semaphore>()
  return (key) => {
    const one = all.get(key) ?? semaphore(permits)
    all.set(key, one)
    return one
  }
}
