import { isDeepStrictEqual } from 'node:util'
import { settings as schema, type Settings } from '../sidekiq/settings.ts'
import type { Settings as EbSettings } from './settings.ts'

type Key = Exclude<keyof Settings, 'only'>

/**
 * Every setting of sidekiq(), and what becomes of it in an export. `exported`: it is in the files. `refused`: they have no place for it, and
 * where it is set the export is an error. `elsewhere`: it says where and how shipit deploys, which Elastic Beanstalk does by itself.
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
  bundlePath: 'exported',
  serviceUnitEnvVars: 'exported',
  serviceUnitEnvFiles: 'refused',
  log: 'refused',
  errorLog: 'refused',
  umask: 'exported',
  watchdogSec: 'refused',
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

/** Settings that the export has no place for, each with what to do. */
export const unexportable = (own: Settings | undefined, s: EbSettings): readonly string[] => {
  if (own === undefined) return []
  const usual = schema.parse({}) as Readonly<Record<string, unknown>>
  const refused = Object.entries(IN_EXPORT).filter(
    ([key, what]) => what === 'refused' && !isDeepStrictEqual(own[key as keyof Settings], usual[key]),
  )
  const expressions = [...own.commandArgs, ...own.queues].filter((word) => /\$[{(A-Za-z_]|`/.test(word))
  return [
    ...(refused.length > 0
      ? [
          `sidekiq() sets ${refused.map(([key]) => key).join(', ')}, for which the files of Elastic Beanstalk have no place: leave them out in this stage`,
        ]
      : []),
    ...expressions.map(
      (word) =>
        `${word} in sidekiq() is passed as it stands, since no shell reads it: use eb({ shellArgs: ['-c \${SIDEKIQ_WORKERS:-2}'] })`,
    ),
    ...(s.platform === 'al1' && own.command.endsWith('swarm') ? ["command: 'sidekiqswarm' is for platform 'al2' and 'al2023'"] : []),
  ]
}
