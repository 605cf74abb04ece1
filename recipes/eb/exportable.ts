import { isDeepStrictEqual } from 'node:util'
import { settings as schema, type Settings } from '../sidekiq/settings.ts'
import type { Settings as EbSettings } from './settings.ts'

type Key = Exclude<keyof Settings, 'only'>

/**
 * Every setting of sidekiq(), and what an export does with it. `exported`: it is in the files. `refused`: the files have no place for it,
 * and the export fails if you set it. `elsewhere`: it is about where and how shipit deploys, which Elastic Beanstalk does itself.
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

/** An error for each setting that cannot be exported, with its remedy. */
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
