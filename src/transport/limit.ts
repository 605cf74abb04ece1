export interface Semaphore {
  /** Waits for a place, runs `work`, frees the place. Rejects with the signal's reason if aborted while waiting. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** At most `places` at once; first come, first served. */
export const semaphore = (places: number): Semaphore => {
  let free = places
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
export const semaphores = (places: number): ((key: string) => Semaphore) => {
  const all = new Map<string, Semaphore>()
  return (key) => {
    const one = all.get(key) ?? semaphore(places)
    all.set(key, one)
    return one
  }
}
