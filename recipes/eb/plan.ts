import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StepsContext } from '../../src/index.ts'
import { parseVersion } from '../../src/kit/index.ts'
import { RAILS, SIDEKIQ } from '../by-name.ts'
import { lockfileOf, notifies, quietSignalOf } from '../sidekiq/services.ts'
import type { Settings } from './settings.ts'

export type Context = StepsContext<Settings>

/** A file to write into the project. */
export interface EbFile {
  /** relative to the root of the application */
  readonly path: string
  readonly text: string
  readonly executable?: boolean
}

/** Every file that shipit exported contains this in one of its lines. */
export const WRITTEN = 'Written by shipit'

/** The beginning of the header of all files of one application and stage. Files that another one exported are not ours. */
export const headerOf = ({ application, stage }: Pick<Context, 'application' | 'stage'>): string =>
  `${WRITTEN} for ${application} (${stage}): eb:export.`

export type EbPlan = ReturnType<typeof planOf>

/** What the files are made from: the settings of `eb()`, and those of `sidekiq()` that `eb()` does not override. */
export const planOf = (c: Context) => {
  const { settings: s } = c
  const own = c.settingsOf(SIDEKIQ)
  const version = lockedVersion(c)
  const timeout = s.timeout ?? own?.timeout ?? 25
  return {
    settings: s,
    prefix: s.prefix,
    shellArgs: s.shellArgs,
    /** the first comment in every file, without its `# ` */
    header: `${headerOf(c)} Change the config and call it again, not this file`,
    description: `Sidekiq of ${c.application}`,
    serviceUnitName: (s.serviceUnitName ?? own?.serviceUnitName ?? 'sidekiq').replace(/\.service$/, ''),
    configFiles: s.configFiles ?? own?.configFiles ?? ['sidekiq.yml'],
    processes: s.processes ?? own?.processes ?? 1,
    timeout,
    /** seconds from TERM to KILL: Sidekiq's timeout, and what it needs after that to end */
    killTimeout: timeout + 10,
    railsEnv: s.railsEnv ?? own?.railsEnv ?? c.settingsOf(RAILS)?.railsEnv ?? null,
    user: s.user ?? own?.user ?? 'webapp',
    bundlerPath: s.bundlerPath ?? own?.bundlerPath ?? null,
    /** start Sidekiq in a login shell even if `bundlerPath` is set */
    loginShell: own?.useLoginShell === true,
    command: own?.command ?? 'sidekiq',
    /** `-c 5 -q critical …`, then `commandArgs` */
    args: [
      ...(typeof own?.concurrency === 'number' ? ['-c', String(own.concurrency)] : []),
      ...(own?.queues ?? []).flatMap((queue) => ['-q', queue]),
      ...(own?.commandArgs ?? []),
    ],
    env: own?.serviceUnitEnvVars ?? {},
    umask: own === undefined ? '0002' : own.umask,
    notify: s.notify ?? notifies(version),
    quietSignal: s.quietSignal ?? quietSignalOf(version),
  }
}

/** Sidekiq's version in the project's Gemfile.lock; undefined if there is none. */
const lockedVersion = (c: Context): readonly number[] | undefined => {
  try {
    const text = readFileSync(join(c.settings.dir, lockfileOf(c)), 'utf8')
    return parseVersion(/^ {4}sidekiq \((\d[^)]*)\)$/m.exec(text)?.[1])
  } catch {
    return undefined
  }
}
