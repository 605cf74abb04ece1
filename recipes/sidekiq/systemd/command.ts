import type { Context } from '../manager.ts'
import { railsEnvOf } from './env.ts'
import type { UnitHost } from './host.ts'
import { execWord } from './quote.ts'

/** The value of ExecStart=. Whatever starts Sidekiq replaces itself with it (`exec`), so that Sidekiq is the main process. */
export const execStart = (c: Context, host: UnitHost | undefined, configFile: string): string => {
  const { settings: s } = c
  const words = [
    ...bundle(c, host),
    'exec',
    s.command,
    '-e',
    railsEnvOf(c),
    // Sidekiq finds config/sidekiq.yml by itself, and runs without it too
    ...(configFile === 'sidekiq.yml' ? [] : ['-C', `config/${configFile}`]),
    ...(s.concurrency === null ? [] : ['-c', String(s.concurrency)]),
    ...s.queues.flatMap((queue) => ['-q', queue]),
    '-t',
    String(s.timeout),
    ...s.commandArgs,
  ]
  // the shell gets the words as arguments and interprets none of them
  return [...(s.useLoginShell ? ['/bin/bash', '-lc', 'exec "$@"', s.command] : []), ...words].map(execWord).join(' ')
}

/** Without a path, `env` looks for bundle when Sidekiq starts. A login shell has its own PATH. */
const bundle = ({ settings: s }: Context, host: UnitHost | undefined): readonly string[] => {
  const found = s.bundlePath ?? host?.bundle
  if (found !== undefined) return [found]
  return s.useLoginShell ? ['bundle'] : ['/usr/bin/env', 'bundle']
}

/** What Sidekiq's environment needs to find and run this bundle: PATH, and rbenv's variables. */
export const bundleEnv = ({ settings: s }: Context, host: UnitHost | undefined): readonly (readonly [string, string])[] => {
  if (host === undefined || s.useLoginShell) return []
  const found = s.bundlePath ?? host.bundle
  const dirs = host.path.filter((dir) => !DEFAULT.includes(dir) && !/^\/(usr\/(local\/)?games|snap\/bin)$/.test(dir))
  const away = found !== undefined && !DEFAULT.includes(found.replace(/\/[^/]*$/, ''))
  const shim = found?.endsWith('/shims/bundle') === true
  return [
    ...(away && dirs.length > 0 ? [['PATH', [...dirs, ...DEFAULT].join(':')] as const] : []),
    ...(shim && host.rbenv.version !== '' ? [['RBENV_VERSION', host.rbenv.version] as const] : []),
    ...(shim && host.rbenv.root !== '' ? [['RBENV_ROOT', host.rbenv.root] as const] : []),
  ]
}

/** The PATH that systemd gives its services (systemd.exec(5)). */
const DEFAULT: readonly string[] = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']
