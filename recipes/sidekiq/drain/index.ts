import type { StepList } from '../../../src/index.ts'
import type { Context, Manager } from '../manager.ts'

/** Waits until Redis says that every process of this host is quiet and idle. */
export const drain = (_c: Context, _by: Manager): StepList => []

/** Marks this deploy in Sidekiq's metrics (Sidekiq 7 and later). */
export const markDeploy = (_c: Context, _by: Manager): StepList => []
