let lent = 0
const listeners = new Set<(lent: boolean) => void>()

/** Whether the terminal belongs to something else: a command with `.tty()`, or a question of shipit's own. Nothing may be drawn. */
export const isLent = (): boolean => lent > 0

/** Calls the listener when the terminal is lent, to clear what is drawn, and when it is back. Returns a function that stops that. */
export const onLend = (listener: (lent: boolean) => void): (() => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Lends the terminal until `use` ends. Screens clear themselves before, and show afterwards what happened meanwhile. */
export const lendTerminal = async <T>(use: () => Promise<T>): Promise<T> => {
  if (lent++ === 0) for (const listener of listeners) listener(true)
  try {
    return await use()
  } finally {
    if (--lent === 0) for (const listener of listeners) listener(false)
  }
}
