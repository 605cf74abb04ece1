import type { Asking, Context } from '../manager.ts'
import { isOurs, markOf } from '../mark.ts'
import { readFile } from '../../marked.ts'
import type { Command } from '../../../src/index.ts'
import { bundleEnv } from '../systemd/command.ts'
import { railsEnvOf } from '../systemd/env.ts'
import { hostOf, type UnitHost } from '../systemd/host.ts'
import { currentOf, inShared } from '../systemd/place.ts'
import { atLeast } from '../systemd/version.ts'
import { jobFiles, workersOf } from './jobs.ts'
import { jobText, workersText } from './text.ts'

/** A file in the job folder, as it should be and as it is on the host. */
export interface File {
  readonly name: string
  readonly text: string
  /** '': there is none */
  readonly now: string
  /** written by somebody else or by another application: it lacks our first line */
  readonly foreign: boolean
}

/** The names of the job files, without suffix. With several processes, also the jobs that start them at boot. */
const fileNames = (c: Pick<Asking, 'settings'>): readonly string[] =>
  jobFiles(c.settings).flatMap(({ name }) => (c.settings.processes === 1 ? [name] : [name, workersOf(name)]))

/** Reads the files as they are: `file0` …, and with `overrides` also `override0` …. */
export const fileFacts = (c: Asking, overrides: boolean): Readonly<Record<string, Command>> => {
  const read = (kind: keyof typeof SUFFIX) =>
    fileNames(c).map((name, i) => [`${kind}${i}`, readFile(`${c.settings.upstart.initDir}/${name}.${SUFFIX[kind]}`)] as const)
  return Object.fromEntries([...read('file'), ...(overrides ? read('override') : [])])
}

/** The job files of this host. */
export const files = (c: Context): readonly File[] => {
  const texts = new Map(jobFiles(c.settings).flatMap(({ name, configFile }) => textsOf(c, hostOf(c.facts), name, configFile)))
  return fileNames(c).map((name, i) => {
    const now = c.facts[`file${i}`]?.stdout ?? ''
    return { name, text: texts.get(name) ?? '', now, foreign: now !== '' && !isOurs(c, now) }
  })
}

const SUFFIX = { file: 'conf', override: 'override' } as const

/** Files of these kinds that may exist and cannot be read, each as a sentence. */
export const unreadFiles = (
  c: Context,
  kinds: readonly (keyof typeof SUFFIX)[],
  jobs: readonly string[] = fileNames(c),
): readonly string[] =>
  fileNames(c).flatMap((name, i) =>
    kinds.flatMap((kind) => {
      const fact = c.facts[`${kind}${i}`]
      return fact?.ok === false && jobs.includes(name) ? [`${name}.${SUFFIX[kind]} cannot be read: ${fact.stderr.trim()}`] : []
    }),
  )

/** Whether the file on the host is as it should be. A fact may have lost its final newline. */
export const same = ({ text, now }: File): boolean => text.trimEnd() === now.trimEnd()

/** The user that Sidekiq runs as; '' if the login was not read. */
export const userOf = (c: Context): string => c.settings.user ?? c.layout.user

/** Seconds from TERM to KILL, from the settings. */
export const wantedKillTimeout = ({ settings: s }: Pick<Context, 'settings'>): number => s.upstart.killTimeout ?? s.timeout + 10

/** The same for the installed jobs, the shortest of them. Upstart's default is 5. */
export const killTimeoutOf = (c: Context): number => {
  const said = jobFiles(c.settings).flatMap(({ name }) => {
    const now = c.facts[`file${fileNames(c).indexOf(name)}`]?.stdout ?? ''
    return now === '' ? [] : [Number(/^\s*kill\s+timeout\s+(\d+)/m.exec(now)?.[1] ?? 5)]
  })
  return said.length === 0 ? wantedKillTimeout(c) : Math.min(...said)
}

/** USR1 up to 4.2.8, TSTP from 4.2.9 on. USR1 would end Sidekiq 6. */
export const quietSignalOf = (c: Pick<Context, 'settings' | 'facts'>): 'TSTP' | 'USR1' => {
  const version = hostOf(c.facts)?.sidekiq
  return c.settings.upstart.quietSignal ?? (version !== undefined && !atLeast(version, [4, 2, 9]) ? 'USR1' : 'TSTP')
}

const textsOf = (c: Context, host: UnitHost | undefined, name: string, configFile: string): (readonly [string, string])[] => {
  const { settings: s } = c
  const instances = s.processes > 1
  const mark = `${markOf(c).slice(2)} writes it anew from the config`
  const what = `Sidekiq of ${c.application} (${c.stage})${configFile === 'sidekiq.yml' ? '' : ` ${configFile}`}`
  const text = jobText({
    mark,
    description: what,
    // the other job starts the instances: this one alone would not know which
    startOn: instances ? null : s.upstart.startOn,
    stopOn: s.upstart.stopOn,
    respawnLimit: s.upstart.respawnLimit,
    killTimeout: wantedKillTimeout(c),
    quietSignal: quietSignalOf(c),
    user: userOf(c),
    group: s.upstart.group ?? host?.group ?? '',
    umask: s.umask,
    limitNofile: s.upstart.limitNofile,
    dir: currentOf(c),
    env: environment(c, host),
    envFiles: s.serviceUnitEnvFiles.map((file) => ({ file: inShared(c, file.replace(/^-/, '')), optional: file.startsWith('-') })),
    instances,
    stanzas: s.upstart.stanzas,
    words: words(c, host, configFile),
  })
  if (!instances) return [[name, text]]
  const { startOn, stopOn } = s.upstart
  const workers = workersText({ mark, description: `${what}: ${s.processes} processes`, startOn, stopOn, name, count: s.processes })
  return [
    [name, text],
    [workersOf(name), workers],
  ]
}

const words = (c: Context, host: UnitHost | undefined, configFile: string): readonly string[] => {
  const { settings: s } = c
  const bundle = s.bundlePath ?? host?.bundle
  return [
    ...(s.useLoginShell ? ['/bin/bash', '-lc', 'exec "$@"', s.command] : []),
    ...(bundle === undefined ? (s.useLoginShell ? ['bundle'] : ['/usr/bin/env', 'bundle']) : [bundle]),
    'exec',
    s.command,
    '-e',
    railsEnvOf(c),
    // Sidekiq 6 finds config/sidekiq.yml by itself, and runs without it too
    ...(configFile === 'sidekiq.yml' && atLeast(host?.sidekiq ?? [0], [6, 0, 0]) ? [] : ['-C', `config/${configFile}`]),
    ...(s.concurrency === null ? [] : ['-c', String(s.concurrency)]),
    ...s.queues.flatMap((queue) => ['-q', queue]),
    '-t',
    String(s.timeout),
    ...s.commandArgs,
  ]
}

/** Upstart sets TERM and PATH for a job, and nothing from its user. */
const environment = (c: Context, host: UnitHost | undefined): readonly (readonly [string, string | number])[] => [
  ...new Map<string, string | number>([
    ['HOME', homeOf(c)],
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ...bundleEnv(c, host),
    ['RAILS_ENV', railsEnvOf(c)],
    // glibc keeps a memory arena per thread
    ['MALLOC_ARENA_MAX', '2'],
    ...Object.entries(c.settings.serviceUnitEnvVars),
  ]),
]

const homeOf = (c: Context): string => {
  const home = c.facts.home?.ok ? c.facts.home.stdout.trim().split(':')[5] : undefined
  if (home?.startsWith('/')) return home
  return userOf(c) === c.layout.user && c.layout.home !== '' ? c.layout.home : `/home/${userOf(c)}`
}
