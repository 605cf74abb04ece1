import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Options } from './global-options.ts'

/** Where a run writes its log: next to the config by default. A path that was typed is relative to the folder that shipit was called in. */
export const logFile = ({ log }: Options, config: string): string | undefined =>
  log === false ? undefined : log === undefined ? join(dirname(config), 'log', 'shipit.log') : resolve(log)

export const version = (): string => {
  const manifest = import.meta.url.endsWith('.ts') ? '../../package.json' : '../package.json'
  return (JSON.parse(readFileSync(new URL(manifest, import.meta.url), 'utf8')) as { version: string }).version
}

/** The name of the person who deploys, for the log: in CI, of the one who started the job. */
export const operatorName = (user: string): string =>
  process.env.SHIPIT_USER || process.env.GITHUB_ACTOR || process.env.GITLAB_USER_LOGIN || user
