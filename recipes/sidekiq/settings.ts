import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { count, environmentName, roles, share } from '../../src/kit/index.ts'
import { scopeSettings } from '../systemd/services.ts'
import { drainSettings } from './drain/settings.ts'
import { signalsSettings } from './signals/settings.ts'
import { unitSettings } from './systemd/settings.ts'
import { badConfigFile, badUnitName, sameUnit } from './units.ts'
import { upstartSettings } from './upstart/settings.ts'

/** A name that `problemOf` finds nothing wrong with. */
const validName = (problemOf: (value: string) => string | undefined) =>
  z.string().superRefine((value, context) => {
    const problem = problemOf(value)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} ${problem}` })
  })

export const settings = z.object({
  /**
   * What starts and stops Sidekiq: `'systemd'`, `'upstart'`, or `'signals'` for Sidekiq 5 and older.
   * @since 0.2.0
   */
  manager: z.enum(['systemd', 'upstart', 'signals']).default('systemd'),
  /**
   * The unit's name, with or without `.service`. Characters that a unit name cannot contain are escaped as systemctl escapes them: `my app`
   * is `my\x20app.service`. A slash, a wildcard or an `@` is an error.
   */
  serviceUnitName: validName(badUnitName).default('sidekiq'),
  ...scopeSettings,
  /**
   * Files in `config/`, one unit each. `sidekiq.yml` is `NAME.service`; `sidekiq-high.yml` is `NAME.sidekiq-high.service`. Two files that
   * give the same unit are an error.
   * @example ['sidekiq.yml', 'sidekiq-high.yml']
   */
  configFiles: z
    .array(validName(badConfigFile))
    .min(1, 'must name at least one file')
    .superRefine((files, context) => {
      const duplicates = sameUnit(files).map((file) => JSON.stringify(file))
      if (duplicates.length > 0) context.addIssue({ code: 'custom', message: `${duplicates.join(', ')}: the same unit twice` })
    })
    .default(['sidekiq.yml']),
  /** How many of each. With two or more, a unit has the instances `NAME@1.service`, `NAME@2.service` … */
  processes: count.max(64).default(1),
  /**
   * Sidekiq's `-e`, and `RAILS_ENV`. `null`: that of `rails()`, else the stage's name.
   * @since 0.2.0
   */
  railsEnv: environmentName.nullable().default(null),
  /**
   * Seconds that Sidekiq gives its jobs on TERM, its `-t`. Overrides `:timeout:` in sidekiq.yml. KILL follows 10 seconds later.
   * @since 0.2.0
   */
  timeout: count.default(25),
  /**
   * Sidekiq's `-c`. `null`: the value in sidekiq.yml, or Sidekiq's default.
   * @since 0.2.0
   */
  concurrency: count.nullable().default(null),
  /**
   * Sidekiq's `-q`, one per entry.
   * @example ['critical,2', 'default']
   * @since 0.2.0
   */
  queues: z.array(z.string().regex(/^[^\s-]\P{Cc}*$/u, "must be the name of a queue, with its weight: 'critical,2'")).default([]),
  /**
   * How many workers to restart at a time, after the switch. `null`: all stop before the switch and start after it.
   * @example '50%'
   * @since 0.2.0
   */
  rolling: share.nullable().default(null),
  ...unitSettings,
  ...drainSettings,
  ...upstartSettings,
  ...signalsSettings,
  /** The servers that run Sidekiq. A server without roles has every role. `[]`: none, for a stage without Sidekiq. */
  roles: roles.default(['worker']),
  /** `false`: adds no hooks to a deploy. */
  defaultHooks: z.boolean().default(true),
})
/** `only` is not a setting: a task uses it to select a single process of a host by its index. */
export type Settings = z.output<typeof settings> & { readonly only?: number | undefined }

type Key = Exclude<keyof Settings, 'only'>

const UNITS: readonly Key[] = ['log', 'errorLog', 'systemdWatchdogSec', 'timeoutStartSec', 'wants', 'directives', 'unitTemplate']

/** Settings that have no effect with a manager, without `serviceUnitUser` and those of other managers. */
export const UNUSED: Readonly<Record<Settings['manager'], readonly Key[]>> = {
  systemd: [],
  upstart: UNITS,
  signals: [...UNITS, 'command', 'commandArgs', 'useLoginShell', 'bundlerPath', 'serviceUnitEnvVars', 'serviceUnitEnvFiles', 'umask'],
}

/** What to set instead with `manager: 'signals'`. */
const INSTEAD: Readonly<Partial<Record<Key, string>>> = {
  log: 'signals.log',
  commandArgs: 'signals.options',
  serviceUnitEnvVars: 'env of the stage',
}

/** Reports settings that would have no effect with the chosen manager. */
export const unusedSettings = ({ settings: s }: { readonly settings: Settings }): readonly string[] => {
  const defaults: Settings = settings.parse({})
  const unused = UNUSED[s.manager].filter((key) => !isDeepStrictEqual(s[key], defaults[key]))
  if (unused.length === 0) return []
  const instead = s.manager === 'signals' ? unused.flatMap((key) => (INSTEAD[key] === undefined ? [] : `${INSTEAD[key]} for ${key}`)) : []
  return [
    `${unused.join(', ')} ${unused.length === 1 ? 'has' : 'have'} no effect with manager: '${s.manager}': remove ${unused.length === 1 ? 'it' : 'them'} in this stage` +
      (instead.length > 0 ? `, or set ${instead.join(', ')}` : ''),
  ]
}
