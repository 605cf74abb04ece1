import { z } from 'zod'

/** The options of `sidekiq:install`. */
export const installArgs = z.object({
  /** replace unit files that somebody else wrote; each is kept beside the new one */
  force: z.boolean().default(false),
  /** stop and remove units that `install` wrote under older settings */
  prune: z.boolean().default(false),
})
