import { atLeast, headerOf } from '../../../src/kit/index.ts'
import { currentDir, inShared } from '../../systemd/services.ts'
import type { Context } from '../manager.ts'
import { bundleEnv, commandOf, quietSignalOf as signalFor, railsEnvOf } from '../program.ts'
import { workersOf } from './jobs.ts'

/** The files of one job by name: its own, and with several processes that of the job that starts its instances. */
export const jobTexts = (c: Context, name: string, configFile: string): readonly (readonly [name: string, text: string])[] => {
  const { processes, upstart } = c.settings
  const description = `Sidekiq of ${c.application} (${c.stage})${configFile === 'sidekiq.yml' ? '' : ` ${configFile}`}`
  const own = [name, jobText(c, name, configFile, description)] as const
  if (processes === 1) return [own]
  const workers = workersOf(name)
  const text = workersText({
    header: headerOf(c, `${workers}.conf`),
    description: `${description}: ${processes} processes`,
    startOn: upstart.startOn,
    stopOn: upstart.stopOn,
    name,
    count: processes,
  })
  return [own, [workers, text]]
}

/**
 * The text of a job file, init(5). No `expect`: Sidekiq stays in the foreground, and Upstart would wait for a fork that never happens.
 * `setuid` instead of su: Upstart would only know su, which kills Sidekiq two seconds after TERM. `exec`, so that the process is Sidekiq.
 * `normal exit 0 TERM`: a process that ends like this is not restarted.
 */
const jobText = (c: Context, name: string, configFile: string, description: string): string => {
  const { umask, processes, upstart: u } = c.settings
  const instances = processes > 1
  const group = u.group ?? c.facts.host?.known?.group ?? ''
  const limit = u.respawnLimit === 'unlimited' ? 'unlimited' : u.respawnLimit.join(' ')
  return paragraphs([
    [headerOf(c, `${name}.conf`), `description ${quoteWord(description)}`],
    // another job starts the instances, by their index
    [...(instances ? [] : [`start on ${u.startOn}`]), `stop on ${u.stopOn}`],
    instances ? ['instance $index', 'export index'] : [],
    [
      'respawn',
      `respawn limit ${limit}`,
      'normal exit 0 TERM',
      `kill timeout ${wantedKillTimeout(c)}`,
      `reload signal ${quietSignalOf(c)}`,
    ],
    [
      `setuid ${quoteWord(userOf(c))}`,
      ...(group === '' ? [] : [`setgid ${quoteWord(group)}`]),
      ...(umask === null ? [] : [`umask ${umask.padStart(4, '0')}`]),
      ...(u.limitNofile === null ? [] : [`limit nofile ${u.limitNofile} ${u.limitNofile}`]),
      `chdir ${quoteWord(currentDir(c))}`,
      'console log',
    ],
    [...environment(c)].map(([key, value]) => `env ${assignment(key, value)}`),
    u.stanzas,
    execLines(c, configFile),
  ])
}

/** The job that starts the instances at boot, and stops them when it is stopped: all at once, because each may take its whole time. */
export const workersText = (job: {
  /** the first line */
  readonly header: string
  readonly description: string
  readonly startOn: string
  readonly stopOn: string
  readonly name: string
  readonly count: number
}): string => {
  const indexes = Array.from({ length: job.count }, (_, i) => i + 1).join(' ')
  return paragraphs([
    [job.header, `description ${quoteWord(job.description)}`],
    [`start on ${job.startOn}`, `stop on ${job.stopOn}`],
    ['pre-start script', `  for index in ${indexes}; do initctl start ${job.name} index=$index || :; done`, 'end script'],
    ['post-stop script', `  for index in ${indexes}; do initctl stop ${job.name} index=$index & done`, '  wait', 'end script'],
  ])
}

const paragraphs = (parts: readonly (readonly string[])[]): string =>
  `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`

/** The user that Sidekiq runs as; '' if the login was not read. */
export const userOf = (c: Context): string => c.settings.user ?? c.layout.user

/** Seconds from TERM to KILL, from the settings. */
export const wantedKillTimeout = ({ settings: s }: Pick<Context, 'settings'>): number => s.upstart.killTimeout ?? s.timeout + 10

export const quietSignalOf = ({ settings, facts }: Context): 'TSTP' | 'USR1' =>
  settings.upstart.quietSignal ?? signalFor(facts.host?.known?.sidekiq)

/** Upstart sets TERM and PATH for a job, and nothing from its user. */
const environment = (c: Context): ReadonlyMap<string, string | number> =>
  new Map<string, string | number>([
    ['HOME', homeOf(c)],
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ...bundleEnv(c, c.facts.host?.known),
    ['RAILS_ENV', railsEnvOf(c)],
    // glibc keeps a memory arena per thread
    ['MALLOC_ARENA_MAX', '2'],
    ...Object.entries(c.settings.serviceUnitEnvVars),
  ])

const homeOf = (c: Context): string => {
  if (c.facts.home !== undefined) return c.facts.home
  return userOf(c) === c.layout.user && c.layout.home !== '' ? c.layout.home : `/home/${userOf(c)}`
}

/** Upstart does not read environment files, so a shell does. A line is NAME=VALUE, taken literally except for quotes around the value. */
const execLines = (c: Context, configFile: string): readonly string[] => {
  // Sidekiq 5 does not find config/sidekiq.yml by itself
  const host = c.facts.host?.known
  const words = commandOf(c, host, configFile, !atLeast(host?.sidekiq ?? [0], [6, 0, 0]))
  const command = `exec ${words.map(quoteWord).join(' ')}`
  const files = c.settings.serviceUnitEnvFiles
  if (files.length === 0) return [command]
  return [
    'script',
    READ_ENV,
    ...files.map((file) => {
      const path = quoteWord(inShared(c, file.replace(/^-/, '')))
      return file.startsWith('-') ? `  if [ -r ${path} ]; then read_env ${path}; fi` : `  read_env ${path}`
    }),
    `  ${command}`,
    'end script',
  ]
}

const READ_ENV = `  read_env() {
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in ([A-Za-z_]*=*) ;; (*) continue ;; esac
      name=\${line%%=*} value=\${line#*=}
      case $value in ("\\""*"\\"" | "'"*"'") value=\${value#?} value=\${value%?} ;; esac
      export "$name=$value"
    done < "$1"
  }`

/**
 * One argument of a stanza, or one word of `exec`, which Upstart passes to `/bin/sh -c` if it contains a quote. Upstart and the shell agree
 * on double quotes and the backslashes in them; in single quotes, Upstart interprets backslashes and the shell does not.
 */
export const quoteWord = (word: string): string => (/^[\w@%+:,./-]+$/.test(word) ? word : `"${word.replaceAll(/[\\"$`]/g, '\\$&')}"`)

/** `env NAME=VALUE`: nothing is expanded, so only quotes and backslashes are special. */
export const assignment = (name: string, value: string | number): string => {
  const text = String(value)
  return /^[\w@%+:,./-]*$/.test(text) ? `${name}=${text}` : `${name}="${text.replaceAll(/[\\"]/g, '\\$&')}"`
}
