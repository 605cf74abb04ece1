import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { StepsContext } from '../../src/index.ts'
import { bundler } from '../bundler.ts'
import { atLeast, versionOf } from '../sidekiq/systemd/version.ts'

type Of = Pick<StepsContext<{ readonly dir: string }>, 'settings' | 'settingsOf'>

/** Sidekiq's version in the project's Gemfile.lock; undefined if there is none. */
export const lockedVersion = (c: Of): readonly number[] | undefined => {
  const file = `${c.settingsOf(bundler)?.gemfile ?? 'Gemfile'}.lock`
  try {
    return versionOf(/^ {4}sidekiq \((\d[^)]*)\)$/m.exec(readFileSync(join(c.settings.dir, file), 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

/** USR1 up to 4.2.8, TSTP from 4.2.9 on; from 6 on, USR1 ends Sidekiq. An unknown version counts as newer. */
export const signalOf = (version: readonly number[] | undefined): 'TSTP' | 'USR1' =>
  version !== undefined && !atLeast(version, [4, 2, 9]) ? 'USR1' : 'TSTP'
