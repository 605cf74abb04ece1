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
import { stepLog } from '../../src/transport/session/steps.ts'
import type { Session } from '../../src/transport/types.ts'
import { ShipitError } from '../../src/values/errors.ts'

/**
 * Hosts without SSH: the real engine and the scripts that it sends, each run by a real bash in a folder. About ten times as fast
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
  /** kills the client and all processes of the run, in the step of this host whose title matches, before its command number `at` */
  readonly kill?: { readonly host: string; readonly step: RegExp; readonly at: number } | undefined
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
    const death: Death = { ...o.kill, now: false }
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
          : Promise.resolve(quickSession(host, { cwd: join(root, host.name), death, path })),
      emit: (event) => {
        events.push({ ...event, at: '' } as unknown as RunEvent)
        if (event.type === 'wave:start' && ++waves === o.interrupt) controller.abort(new Error('interrupted'))
      },
      interrupt: { signal: controller.signal, name: () => (controller.signal.aborted ? 'SIGINT' : undefined), recovering: () => {} },
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
    }
  }
  return { root, on, run, remove: () => rmSync(root, { recursive: true, force: true }) }
}

interface Death {
  readonly host?: string
  readonly step?: RegExp
  readonly at?: number
  now: boolean
}

interface Place {
  readonly cwd: string
  readonly death: Death
  readonly path: string
}

const quickSession = (host: Session['host'], place: Place): Session => {
  const { cwd, death } = place
  const run: Session['run'] = async (steps, { sink, env = {}, signal } = {}) => {
    const log = stepLog(steps)
    const dead = new Error('the client was killed')
    const doomed = death.host === host.name && steps.some(({ command }) => death.step?.test(command.spec.title ?? ''))
    // steps are subshells, so that they can be run one by one, and one of them killed
    for (const some of doomed ? steps.map((step) => [step]) : [steps]) {
      if (death.now || signal?.aborted) break
      const token = randomBytes(16).toString('hex')
      const reader = frameReader(token, {
        frame: (frame) => (log.frame(frame), sink?.frame(frame)),
        output: (step, stream, chunk) => sink?.output(step, stream, chunk),
      })
      const kills = doomed && death.step!.test(some[0]!.command.spec.title ?? '')
      const ran = bash(
        kills ? ['-c', KILLER, 'bash', join(cwd, `count-${token}`), String(death.at)] : ['-s'],
        compileScript(some, { token, env }),
        place,
      )
      reader.stdout(ran.stdout)
      reader.stderr(ran.stderr)
      if (ran.signal !== null) death.now = true
      if (log.outcome(undefined).failed) break
    }
    if (death.now) log.interrupt('failed', 'connection lost', 'first')
    return log.outcome(death.now ? dead : undefined)
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
    forward: () => Promise.reject(new Error('there is no network')),
    attach: () => Promise.reject(new Error('there is no terminal')),
    trace: () => undefined,
    fence: async () => ({ gone: true, left: [] }),
    expect: () => {},
    close: async () => {},
    leave: async () => {},
  }
}

const bash = (args: readonly string[], input: Buffer, { cwd, path }: Place) =>
  spawnSync('/bin/sh', ['-c', 'exec setsid bash "$@"', 'sh', ...args], {
    cwd,
    input,
    env: { PATH: `${path}${process.env['PATH'] ?? ''}`, HOME: cwd },
    maxBuffer: 64 * 1024 * 1024,
  })

// the trap runs before each simple command, in functions and subshells too; its count is in a file, because a subshell cannot change its parent's
const KILLER = `
c=$1 at=$2
echo 0 >"$c"
set -T
trap 'case $BASH_COMMAND in mv*|ln*|rm*|mkdir*|printf*|output=*|message=*|watch_code=*|echo*|"["*|remove*) read -r n <"$c"; n=$((n+1)); echo "$n" >"$c"; [ "$n" -lt "$at" ] || kill -s KILL 0 ;; esac' DEBUG
eval "$(cat)"
`
