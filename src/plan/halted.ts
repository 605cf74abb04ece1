import type { Host } from '../inventory/types.ts'
import { shellOn } from '../tasks/login.ts'

/** For a lock whose keeper was stopped. */
export const HALTED = 'what holds the lock there was stopped (SIGSTOP), and cannot let go of it'

/** The remedy. Once the keeper runs again, it ends by itself if its client is gone. */
export const letGoOn = (host: Host, halted: readonly number[]): string =>
  `let it go on: ${shellOn(host, `kill -CONT ${halted.join(' ')}`)}; where that run has ended, the lock is free a moment later`
