import type { Renderer, RunEvent } from '../events/types.ts'
import { isLent, onLend } from './lent-terminal.ts'

/** A renderer that shows nothing while the terminal is lent, and then all that happened meanwhile. */
export const holdWhileLent = (renderer: Renderer): Renderer => {
  const held: RunEvent[] = []
  const show = (): void => {
    for (const event of held.splice(0)) renderer.event(event)
  }
  const stop = onLend((lent) => lent || show())
  return {
    ...renderer,
    event: (event) => (isLent() ? void held.push(event) : renderer.event(event)),
    end: async () => {
      stop()
      show()
      await renderer.end?.()
    },
  }
}
