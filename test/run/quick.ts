import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveStage } from '../../src/config/stage.ts'
import type { RunEvent } from '../../src/events/types.ts'
import { execute } from '../../src/run/run.ts'
import { compileScript } from '../../src/shell/compile.ts'
import { frameReader } from '../../src/shell/frames.ts'
import type { ScriptStep } from '../../src/shell/types.ts'
import { stepLog } from '../../src/transport/session-steps.ts'
import type { Session } from '../../src/transport/types.ts'
import { ShipitError } from '../../src/values/errors.ts'

/**
 * Hosts without SSH: the real engine, and the very scripts that it sends, each run by a real bash in a folder. Some ten times as fast
 * as hosts with a server, and a run can be killed before any command of any script.
 */
export interface QuickFleet {
  readonly root: string
  /** a file below a host's deploy_to */
  on(host: string, path: string): string
  run(tasks: readonly string[], o?: QuickOptions): Promise<QuickRan>
  remove(): void
}
export interface QuickOptions {
  readonly config?: Record<string, unknown>
  readonly release?: string | undefined
  readonly hosts?: readonly string[]
  readonly now?: Date
  /** the client and everything of the run on all hosts are killed before this command of this host, counted from the first that changes anything */
  readonly kill?: { readonly host: string; readonly at: number } | undefined
  /** Ctrl-C when this wave begins */
  readonly interrupt?: number | undefined
}
export interface QuickRan {
  /** undefined: killed */
  readonly exit: number | undefined
  readonly killed: boolean
  readonly headline: string
  readonly failures: readonly string[]
  readonly warnings: readonly string[]
  /** tasks that a kill cut, or whose end nobody saw, by host */
  readonly cut: ReadonlyMap<string, string>
}

export const quickFleet = (names: readonly string[], path = ''): QuickFleet => {
  const root = mkdtempSync(join(tmpdir(), 'shipit-quick-'))
  const on = (host: string, file: string) => join(root, host, file)
  for (const name of names) mkdirSync(join(root, name))

  const run: QuickFleet['run'] = async (tasks, o = {}) => {
    const config = {
      application: 'shop',
      deployTo: '~/srv',
      stages: { test: { servers: names.map((host) => ({ host, ssh: { transport: 'local' } })) } },
      ...o.config,
    }
    const place = { file: join(root, 'deploy.config.ts'), text: '', config: config as never }
    const stage = await resolveStage(place, 'test', {})
    const events: RunEvent[] = []
    const controller = new AbortController()
    const id = randomBytes(16).toString('hex')
    const death: Death = { ...o.kill, now: false, cut: new Map() }
    let waves = 0
    const exit = await execute({
      stage,
      hosts: stage.hosts.filter(({ name }) => o.hosts?.includes(name) ?? true),
      tasks,
      release: o.release,
      planOnly: false,
      run: id,
      version: '0.0.0',
      user: 'anna',
      owner: 'anna@desk',
      now: o.now ?? new Date(),
      connect: (host) =>
        death.now
          ? Promise.reject(new ShipitError('dead', { exit: 3 }))
          : Promise.resolve(quickSession(host, { cwd: join(root, host.name), id, death, path })),
      emit: (event) => {
        events.push({ ...event, at: '' } as unknown as RunEvent)
        if (event.type === 'wave:start' && ++waves === o.interrupt) controller.abort(new Error('interrupted'))
      },
      interrupt: { signal: controller.signal, name: () => (controller.signal.aborted ? 'SIGINT' : undefined) },
    })
    const end = events.findLast((event) => event.type === 'run:end')!
    return {
      exit: death.now ? undefined : exit,
      killed: death.now,
      headline: end.headline,
      failures: events.flatMap((event) =>
        event.type === 'failure' ? [`${event.failure.reason}\n${event.failure.output.join('\n')}`] : [],
      ),
      warnings: events.flatMap((event) => (event.type === 'log' && event.level === 'warn' ? [event.message] : [])),
      cut: death.cut,
    }
  }
  return { root, on, run, remove: () => rmSync(root, { recursive: true, force: true }) }
}

interface Death {
  readonly host?: string
  readonly at?: number
  now: boolean
  readonly cut: Map<string, string>
}

interface Place {
  readonly cwd: string
  readonly id: string
  readonly death: Death
  readonly path: string
}

const quickSession = (host: Session['host'], { cwd, id, death, path }: Place): Session => {
  const counter = join(cwd, `count-${id}`)
  writeFileSync(counter, '0\n')
  const dies = death.host === host.name && death.at !== undefined
  const run: Session['run'] = async (steps, { sink, env = {}, signal } = {}) => {
    const log = stepLog(steps)
    const dead = new Error('the client was killed')
    if (death.now || signal?.aborted) {
      if (death.now) log.interrupt('failed', 'connection lost', 'first')
      return log.outcome(death.now ? dead : undefined)
    }
    const token = randomBytes(16).toString('hex')
    const reader = frameReader(token, {
      frame: (frame) => (log.frame(frame), sink?.frame(frame)),
      output: (step, stream, chunk) => sink?.output(step, stream, chunk),
    })
    const counted = dies && changes(steps)
    const ran = spawnSync(
      '/bin/sh',
      ['-c', 'exec setsid bash "$@"', 'sh', ...(counted ? ['-c', KILLER, 'bash', counter, String(death.at)] : ['-s'])],
      {
        cwd,
        input: compileScript(steps, { token, env }),
        env: { PATH: `${path}${process.env['PATH'] ?? ''}`, HOME: cwd },
        maxBuffer: 64 * 1024 * 1024,
      },
    )
    reader.stdout(ran.stdout)
    reader.stderr(ran.stderr)
    if (ran.signal !== null) {
      death.now = true
      const at = log.outcome(dead).steps.find(({ status }) => status === 'not-run')
      if (at) death.cut.set(host.name, titleOf(steps, at.id))
      log.interrupt('failed', 'connection lost', 'first')
      return log.outcome(dead)
    }
    return log.outcome(undefined)
  }
  return {
    host,
    address: host.name,
    lost: new Promise(() => {}),
    lock: async ({ run: holder }) => {
      mkdirSync(join(cwd, 'srv/.shipit'), { recursive: true })
      writeFileSync(join(cwd, 'srv/.shipit/lock.run'), `${holder}\n`)
      return { taken: true }
    },
    run,
    expect: () => {},
    close: async () => {},
    leave: async () => {},
  }
}

const titleOf = (steps: readonly ScriptStep[], id: number): string => steps.find((step) => step.id === id)?.command.spec.title ?? ''

const changes = (steps: readonly ScriptStep[]): boolean => !steps.some(({ command }) => command.spec.title === 'read the host')

// the trap runs before each simple command, in functions and subshells too; its count is in a file, for a subshell cannot tell its parent
const KILLER = `
c=$1 at=$2
set -T
trap 'read -r n <"$c"; n=$((n+1)); echo "$n" >"$c"; [ "$n" -lt "$at" ] || kill -s KILL 0' DEBUG
eval "$(cat)"
`
