import type { StepsContext } from '../../src/index.ts'
import { rails } from '../rails/index.ts'
import { sidekiq } from '../sidekiq/index.ts'
import { notifies } from '../sidekiq/systemd/version.ts'
import { lockedVersion, signalOf } from './version.ts'
import type { Settings } from './settings.ts'

export type Context = StepsContext<Settings>

/** What the files are made from: the settings of `eb()`, and those of `sidekiq()` where `eb()` sets none. */
export interface EbPlan {
  /** the first comment in every file, without its `# ` */
  readonly mark: string
  readonly what: string
  readonly serviceUnitName: string
  readonly configFiles: readonly string[]
  readonly processes: number
  readonly timeout: number
  /** seconds from TERM to KILL: Sidekiq's timeout, and what it needs after that to end */
  readonly killTimeout: number
  readonly railsEnv: string | null
  readonly user: string
  readonly bundlePath: string | null
  readonly notify: boolean
  readonly quietSignal: 'TSTP' | 'USR1'
  /** start Sidekiq in a login shell even if `bundlePath` is set */
  readonly loginShell: boolean
  readonly command: string
  /** `-c 5 -q critical …`, then `commandArgs` */
  readonly args: readonly string[]
  readonly shellArgs: readonly string[]
  readonly env: Readonly<Record<string, string | number>>
  readonly umask: string | null
  readonly recoverAfter: number
  readonly prefix: string
  readonly settings: Settings
}

/** A file to write into the project. */
export interface EbFile {
  /** relative to the root of the application */
  readonly path: string
  readonly text: string
  readonly executable?: boolean
}

/** One line of each of our files contains this. A file without it is not ours. */
export const MARK = 'Written by shipit'

/** The mark of one application and stage. What another one exported is not ours. */
export const markOf = ({ application, stage }: Pick<Context, 'application' | 'stage'>): string =>
  `${MARK} for ${application} (${stage}): eb:export.`

export const planOf = (c: Context): EbPlan => {
  const { settings: s } = c
  const own = c.settingsOf(sidekiq)
  const version = lockedVersion(c)
  const timeout = s.timeout ?? own?.timeout ?? 25
  const name = (s.serviceUnitName ?? own?.serviceUnitName ?? 'sidekiq').replace(/\.service$/, '')
  return {
    mark: `${markOf(c)} Change the config and call it again, not this file`,
    what: `Sidekiq of ${c.application}`,
    serviceUnitName: name,
    configFiles: s.configFiles ?? own?.configFiles ?? ['sidekiq.yml'],
    processes: s.processes ?? own?.processes ?? 1,
    timeout,
    killTimeout: timeout + 10,
    railsEnv: s.railsEnv ?? own?.railsEnv ?? c.settingsOf(rails)?.railsEnv ?? null,
    user: s.user ?? own?.user ?? 'webapp',
    bundlePath: s.bundlePath ?? own?.bundlePath ?? null,
    loginShell: own?.useLoginShell === true,
    command: own?.command ?? 'sidekiq',
    args: [
      ...(typeof own?.concurrency === 'number' ? ['-c', String(own.concurrency)] : []),
      ...(own?.queues ?? []).flatMap((queue) => ['-q', queue]),
      ...(own?.commandArgs ?? []),
    ],
    shellArgs: s.shellArgs,
    env: own?.serviceUnitEnvVars ?? {},
    umask: own === undefined ? '0002' : own.umask,
    notify: s.notify ?? notifies(version),
    quietSignal: s.quietSignal ?? signalOf(version),
    recoverAfter: s.recoverAfter,
    prefix: s.prefix,
    settings: s,
  }
}
