import type { StepsContext } from '../../src/index.ts'
import { rails } from '../rails/index.ts'
import { sidekiq } from '../sidekiq/index.ts'
import type { Settings } from './settings.ts'

export type Context = StepsContext<Settings>

/** What the files are made of: the settings, and what of `sidekiq()` stands in for those that are not given. */
export interface EbPlan {
  /** the first line of every file, without its `# ` */
  readonly mark: string
  readonly what: string
  readonly serviceUnitName: string
  readonly configFiles: readonly string[]
  readonly processes: number
  readonly timeout: number
  /** from TERM to KILL, in seconds: what Sidekiq takes at its deadline comes on top of its timeout */
  readonly killTimeout: number
  readonly railsEnv: string | null
  readonly user: string
  readonly bundlePath: string | null
  readonly notify: boolean
  readonly quietSignal: string
  readonly recoverAfter: number
  readonly prefix: string
  readonly settings: Settings
}

/** A file for the project. */
export interface EbFile {
  /** from the root of the application */
  readonly path: string
  readonly text: string
  readonly executable?: boolean
}

/** What is ours has this in one of its lines; everything else was written by somebody. */
export const MARK = 'Written by shipit'

export const planOf = (c: Context): EbPlan => {
  const { settings: s } = c
  const own = c.settingsOf(sidekiq)
  const timeout = s.timeout ?? own?.timeout ?? 25
  const name = (s.serviceUnitName ?? own?.serviceUnitName ?? 'sidekiq').replace(/\.service$/, '')
  return {
    mark: `${MARK}: shipit ${c.stage} eb:export. Change the config and call it again, not this file`,
    what: `Sidekiq of ${c.application}`,
    serviceUnitName: name,
    configFiles: s.configFiles ?? own?.configFiles ?? ['sidekiq.yml'],
    processes: s.processes ?? own?.processes ?? 1,
    timeout,
    killTimeout: timeout + 10,
    railsEnv: s.railsEnv ?? own?.railsEnv ?? c.settingsOf(rails)?.railsEnv ?? null,
    user: s.user,
    bundlePath: s.bundlePath,
    notify: s.notify,
    quietSignal: s.quietSignal,
    recoverAfter: s.recoverAfter,
    prefix: s.prefix,
    settings: s,
  }
}
