import { z } from 'zod'

/** What of the drain and of Redis can be set. */
export const drainSettings = {
  drain: z.null().default(null),
  markDeploy: z.boolean().default(false),
}
