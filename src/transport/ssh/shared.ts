/** A value that several users share: made for the first, closed after the last. */
export interface Shared<T> {
  /** Rejects with the signal's reason if aborted before the value is ready. */
  acquire(key: string, make: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<{ value: T; release: () => Promise<void> }>
  /** Forgets a broken value: the next user gets a new one. */
  drop(key: string, value: T): void
}

interface Entry<T> {
  readonly made: Promise<T>
  readonly stop: AbortController
  value: T | undefined
  users: number
}

/** Jump hosts: one login to each, however many targets are behind it. */
export const shared = <T>(close: (value: T) => Promise<void>): Shared<T> => {
  const entries = new Map<string, Entry<T>>()

  const start = (key: string, make: (signal: AbortSignal) => Promise<T>): Entry<T> => {
    const stop = new AbortController()
    const made = make(stop.signal)
    const entry: Entry<T> = { made, stop, value: undefined, users: 0 }
    entries.set(key, entry)
    made.then(
      (value) => (entry.value = value),
      () => forget(key, entry),
    )
    return entry
  }
  const forget = (key: string, entry: Entry<T>): void => {
    if (entries.get(key) === entry) entries.delete(key)
  }
  const leave = async (key: string, entry: Entry<T>): Promise<void> => {
    if (--entry.users > 0) return
    forget(key, entry)
    entry.stop.abort(new Error('no host needs this jump host any more'))
    await entry.made.then(close, () => undefined)
  }

  return {
    acquire: async (key, make, signal) => {
      signal.throwIfAborted()
      const entry = entries.get(key) ?? start(key, make)
      entry.users++
      let left = false
      const release = async (): Promise<void> => {
        if (left) return
        left = true
        await leave(key, entry)
      }
      let abort: (() => void) | undefined
      const aborted = new Promise<never>((_resolve, reject) => {
        abort = () => reject(signal.reason)
        signal.addEventListener('abort', abort, { once: true })
      })
      try {
        return { value: await Promise.race([entry.made, aborted]), release }
      } catch (error) {
        void release()
        throw error
      } finally {
        signal.removeEventListener('abort', abort!)
      }
    },
    drop: (key, value) => {
      const entry = entries.get(key)
      if (entry?.value === value) entries.delete(key)
    },
  }
}
