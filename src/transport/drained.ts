import type { Writable } from 'node:stream'

/** Resolves when a stream takes more without buffering it, or takes nothing any more. */
export const drained = async (stream: Writable): Promise<void> => {
  if (!stream.writableNeedDrain || stream.destroyed || stream.writableEnded) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const events = ['drain', 'close', 'finish', 'error'] as const
  for (const event of events) stream.once(event, resolve)
  await promise
  for (const event of events) stream.off(event, resolve)
}
