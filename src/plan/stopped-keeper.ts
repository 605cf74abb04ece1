import type { Host } from '../inventory/types.ts'
import { shellOn } from '../shell/ssh-command.ts'

/** For a lock whose keeper was stopped. */
export const KEEPER_STOPPED = 'the process that holds the lock there was stopped (SIGSTOP) and cannot release it'

/** The remedy. Once the keeper runs again, it ends by itself if its client is gone. */
export const resumeKeeper = (host: Host, halted: readonly number[]): string =>
  `resume it: ${shellOn(host, `kill -CONT ${halted.join(' ')}`)}; if its run has ended, the lock is free a moment later`
