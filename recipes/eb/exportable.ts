import { isDeepStrictEqual } from 'node:util'
import { settings as sidekiqSettings, type Settings as SidekiqSettings } from '../sidekiq/services.ts'
import type { Settings } from './settings.ts'

type Key = Exclude<keyof SidekiqSettings, 'only'>

/**
 * Every setting of sidekiq(), and what an export does with it. `exported`: it is in the files. `refused`: the files cannot express it,
 * and the export fails if you set it. `elsewhere`: it is about how shipit deploys, which Elastic Beanstalk does itself.
 */
export const IN_EXPORT: Readonly<Record<Key, 'exported' | 'refused' | 'elsewhere'>> = {
  manager: 'elsewhere',
  serviceUnitName: 'exported',
  serviceUnitUser: 'elsewhere',
  user: 'exported',
  systemctlBin: 'elsewhere',
  configFiles: 'exported',
  processes: 'exported',
  railsEnv: 'exported',
  timeout: 'exported',
  concurrency: 'exported',
  queues: 'exported',
  rolling: 'refused',
  command: 'exported',
  commandArgs: 'exported',
  useLoginShell: 'exported',
  bundlerPath: 'exported',
  serviceUnitEnvVars: 'exported',
  serviceUnitEnvFiles: 'refused',
  log: 'refused',
  errorLog: 'refused',
  umask: 'exported',
  systemdWatchdogSec: 'refused',
  timeoutStartSec: 'refused',
  wants: 'refused',
  directives: 'refused',
  unitTemplate: 'refused',
  drain: 'refused',
  redis: 'elsewhere',
  markDeploy: 'refused',
  deployLabel: 'refused',
  upstart: 'refused',
  signals: 'refused',
  roles: 'elsewhere',
  defaultHooks: 'elsewhere',
}

/** An error for each setting of `sidekiq()` that cannot be exported, with its remedy. */
export const unexportable = (own: SidekiqSettings | undefined, { platform }: Settings): readonly string[] => {
  if (own === undefined) return []
  const defaults = sidekiqSettings.parse({}) as Readonly<Record<string, unknown>>
  const refused = Object.entries(IN_EXPORT)
    .filter(([key, what]) => what === 'refused' && !isDeepStrictEqual(own[key as Key], defaults[key]))
    .map(([key]) => key)
  const expressions = [...own.commandArgs, ...own.queues].filter((word) => /\$[{(A-Za-z_]|`/.test(word))
  return [
    ...(refused.length > 0
      ? [`sidekiq() sets ${refused.join(', ')}, which the files of Elastic Beanstalk cannot express: remove them in this stage`]
      : []),
    ...expressions.map(
      (word) => `${word} in sidekiq() is passed unchanged, because no shell reads it: use eb({ shellArgs: ['-c \${SIDEKIQ_WORKERS:-2}'] })`,
    ),
    ...(platform === 'al1' && own.command.endsWith('swarm') ? ["command: 'sidekiqswarm' needs platform 'al2' or 'al2023'"] : []),
  ]
}
