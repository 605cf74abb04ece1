import { z } from 'zod'
import { absolutePath } from '../../../src/kit/index.ts'
import { directives, envFiles, unitLine, unitPath, variables, wants } from '../../systemd/services.ts'

/**
 * Settings for the generated units.
 * @since 0.2.0
 */
export const unitSettings = {
  /**
   * What `bundle exec` runs.
   * @example 'sidekiqswarm'
   */
  command: unitLine.min(1).default('sidekiq'),
  /**
   * More arguments. `-t` is refused: use `timeout`.
   * @example ['-r', './worker.rb']
   */
  commandArgs: z
    .array(
      unitLine.regex(
        /^(?!-t\s*\d*$|--timeout(\s|=|$))/,
        'sets the timeout: use the setting timeout, which also sets how long systemd waits',
      ),
    )
    .default([]),
  /** `true`: start Sidekiq through `bash -lc`, for what only a login shell sets up. */
  useLoginShell: z.boolean().default(false),
  /** The full path of `bundle`. `null`: the one found on the host, including rbenv's shims. */
  bundlerPath: absolutePath
    .regex(/^[^'"\\$]*$/, 'has a quote, a backslash or a $, which systemd does not allow in the path of a program')
    .nullable()
    .default(null),
  /**
   * Environment of the unit. Every account of the host can read a unit: put secrets in a file.
   * @example { RAILS_MAX_THREADS: 10 }
   */
  serviceUnitEnvVars: variables('serviceUnitEnvFiles'),
  /**
   * Files with lines `NAME=VALUE`; relative paths are in `shared`. A leading `-` means that the file may be missing.
   * @example ['-.env']
   */
  serviceUnitEnvFiles: envFiles,
  /** A file to append the output to; relative paths are in `shared`. `null`: the journal. */
  log: unitPath.nullable().default(null),
  /** The same for standard error. `null`: the same place as `log`. */
  errorLog: unitPath.nullable().default(null),
  /** The umask of Sidekiq. `null`: systemd's default. */
  umask: z
    .string()
    .regex(/^0?[0-7]{3}$/, 'must be an octal mask, such as 0002')
    .nullable()
    .default('0002'),
  /** Seconds of silence after which systemd restarts Sidekiq. `0`: never. */
  systemdWatchdogSec: z.number().int().min(0).default(30),
  /** Seconds that Sidekiq may take to start. `null`: systemd's default, 90. */
  timeoutStartSec: z.number().int().min(1).nullable().default(null),
  /**
   * Units that start with it, and before it.
   * @example ['redis-server.service']
   */
  wants,
  /**
   * More or different lines of the unit, by section. A list is one line per entry; `null` leaves a directive out.
   * @example { Service: { MemoryMax: '2G', Nice: 5 } }
   */
  directives,
  /**
   * A file next to the config, used as the template of the units: `User={{User}}` …
   * @example 'config/sidekiq.service'
   */
  unitTemplate: z.string().min(1).nullable().default(null),
}
