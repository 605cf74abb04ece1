import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sidekiq } from '../../recipes/index.ts'
import { signals } from '../../recipes/sidekiq/signals/index.ts'
import { commandsOf, withoutProof, contextOf, factsOf, hintOf, layoutOf } from './context.ts'
import type { Given } from './context.ts'
import { needs } from './needs.ts'
import { runSteps, stubs, type Ran } from './script.ts'

/** Why the stand-in for Sidekiq 5 cannot run here, or `false`. */
export const noDaemons = (): string | false => (!existsSync('/proc/self/cmdline') ? 'needs Linux: /proc' : needs('perl'))

export interface Tried extends Ran {
  readonly hint: string | undefined
}

/** An application deployed to a folder as release 1, with the stand-in for Sidekiq; every task runs in a real shell. */
export const daemons = (
  shell: readonly [string, ...string[]],
  t: { after(fn: () => void): void },
  version = '5.2.7',
  more: Readonly<Record<string, string>> = {},
) => {
  const made = stubs({ bundle: 'shift; exec "$@"', ...more })
  const at = (path: string) => join(made.dir, path)
  copyFileSync(fileURLToPath(new URL('sidekiq5', import.meta.url)), at('bin/sidekiq'))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), text)
  }
  const read = (path: string) => (existsSync(at(path)) ? readFileSync(at(path), 'utf8') : '')
  const release = (name: string, files: Readonly<Record<string, string>> = {}) => {
    for (const [file, text] of Object.entries({ 'Gemfile.lock': lock(version), ...files })) write(`releases/${name}/${file}`, text)
    symlinkSync(at(`releases/${name}`), at('next'))
    renameSync(at('next'), at('current'))
  }
  const log = () => read('shared/log/sidekiq.log').split('\n').filter(Boolean)
  /** The stand-in's log, as soon as it has that many matching lines: a signal takes a moment to arrive. */
  const logged = async (line: RegExp, lines = 1): Promise<string[]> => {
    for (let n = 0; n < 600 && log().filter((one) => line.test(one)).length < lines; n++) await setTimeout(50)
    return log()
  }
  t.after(() => {
    for (const pid of startedIn(made.dir)) process.kill(pid, 'SIGKILL')
    made.remove()
  })
  mkdirSync(at('releases'))
  const given = (settings: object, more: Given): Given => ({
    deployTo: made.dir,
    settings: { manager: 'signals', ...settings },
    layout: layoutOf({ current: { kind: 'link', target: at('releases/1'), release: '1', exists: true } }),
    ...more,
  })
  const env = { PATH: made.path }
  const run = (task: string, settings: object = {}, more: Given = {}): Tried[] => {
    const commands = withoutProof(commandsOf(sidekiq(), task, given(settings, more)))
    return runSteps(shell, commands, env).map((ran, i) => ({ ...ran, hint: ran.code === 0 ? undefined : hintOf(commands[i]!, ran) }))
  }
  /** The output of the fact `processes`. */
  const look = (settings: object = {}): string => {
    const [ran] = runSteps(shell, [factsOf(sidekiq(), given(settings, {}))['processes']!], env)
    if (ran!.code !== 0) throw new Error(`the fact: ${ran!.code} ${ran!.stderr}`)
    return ran!.stdout
  }
  const pids = (settings: object = {}): Ran => runSteps(shell, [signals.pids(contextOf(sidekiq(), given(settings, {})) as never)], env)[0]!
  const pid = (i = 0) => Number(read(`shared/tmp/pids/sidekiq-${i}.pid`))
  return { at, write, read, release, run, look, pid, pids, log, logged, remove: (path: string) => rmSync(at(path)) }
}

/** A zombie does not count: in a container nothing may reap orphans. */
export const alive = (pid: number): boolean => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== ''

const lock = (version: string) => `GEM\n  specs:\n    redis (4.1.0)\n    sidekiq (${version})\n      redis (>= 3.3.5, < 5)\n`

/** The stand-ins of a folder, even one that has not logged anything yet. */
const startedIn = (dir: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`).startsWith(`${dir}/`)
      } catch {
        // it has ended, or belongs to another account
        return false
      }
    })
