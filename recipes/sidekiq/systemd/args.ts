import { z } from 'zod'

/** What may be typed behind `sidekiq:install`. */
export const installArgs = z.object({
  /** replaces unit files that somebody else wrote; each is kept beside its place */
  force: z.boolean().default(false),
  /** stops and removes units that `install` wrote under older settings */
  prune: z.boolean().default(false),
})
