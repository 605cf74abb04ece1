import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveStage } from '../../src/config/stage.ts'
import type { Overrides } from '../../src/config/overrides.ts'
import { createBus } from '../../src/events/bus.ts'
import type { RunEvent } from '../../src/events/types.ts'
import { filterHosts, type Filter } from '../../src/inventory/filter.ts'
import type { Plan } from '../../src/plan/types.ts'
import { doctor } from '../../src/run/doctor.ts'
import type { LookRequest } from '../../src/run/look.ts'
import { execute } from '../../src/run/run.ts'
import type { UnhandledErrors } from '../../src/run/unhandled-errors.ts'
import { startHost } from '../../src/sandbox/host.ts'
import { createKey } from '../../src/sandbox/keys.ts'
import type { SandboxHost } from '../../src/sandbox/types.ts'
import { localTransport } from '../../src/transport/local-transport.ts'
import { openSession } from '../../src/transport/session/session.ts'
import { sshTransport } from '../../src/transport/ssh/transport.ts'
import type { Connection } from '../../src/transport/types.ts'
import { startCable, type Cable } from './cable.ts'

/** Hosts, each with an ssh server and a shell (real files, real git), and a repository to deploy from. */
export interface Fleet {
  readonly repo: string
  readonly hosts: readonly SandboxHost[]
  commit(file: string, text: string): string
  /** a file below a host's deploy_to */
  on(host: string, path: string): string
  live(host: string): string | undefined
  releases(host: string): string[]
  /** Cuts the connections of a host; with `forGood` no new one comes through either, until `mend`. */
  cut(host: string, how?: 'forGood'): void
  mend(host: string): void
  /** the base of a config for this fleet; the stage is called test */
  config(): Record<string, unknown>
  run(tasks: readonly string[], o?: RunOptions): Promise<Ran>
  stop(): Promise<void>
}
export interface RunOptions extends Overrides {
  readonly config?: Record<string, unknown>
  readonly release?: string
  /** default: test */
  readonly stage?: string
  readonly filter?: Filter
  readonly planOnly?: boolean
  /** runs doctor instead */
  readonly doctor?: boolean
  /** runs another command instead, which connects and reports as a run does */
  readonly look?: (request: LookRequest) => Promise<{ readonly exit: number }>
  readonly onEvent?: (event: RunEvent, interrupt: (signal: 'SIGINT' | 'SIGTERM') => void) => void
  /** every byte that is sent to a host's shells */
  readonly onSend?: (host: string, bytes: Buffer) => void
  readonly now?: Date
  /** milliseconds between two heartbeats, 10 s by default */
  readonly heartbeat?: number
  readonly unhandledErrors?: UnhandledErrors
  /** the first lines of a plan */
  readonly onTitle?: (title: string) => void
}
export interface Ran {
  readonly exit: number
  readonly events: RunEvent[]
  readonly plan: Plan | undefined
  readonly failures: Extract<RunEvent, { type: 'failure' }>['failure'][]
  readonly findings: Extract<RunEvent, { type: 'finding' }>[]
  /** the names of the tasks that finished on a host */
  done(host: string): string[]
  end: Extract<RunEvent, { type: 'run:end' }>
}

export const startFleet = async (names: readonly string[]): Promise<Fleet> => {
  const root = mkdtempSync(join(tmpdir(), 'shipit-run-'))
  const key = createKey()
  const keyFile = join(root, 'key')
  writeFileSync(keyFile, key.private, { mode: 0o600 })
  const hosts = await Promise.all(names.map((name) => startHost({ root: join(root, 'hosts'), name, authorizedKey: key.public })))
  const cables = new Map<string, Cable>(await Promise.all(hosts.map(async (host) => [host.name, await startCable(host.port)] as const)))
  const known = join(root, 'known_hosts')
  writeFileSync(known, hosts.map((host) => `${host.knownHost.replace(`:${host.port} `, `:${cables.get(host.name)!.port} `)}\n`).join(''))
  const sshConfig = join(root, 'ssh_config')
  writeFileSync(
    sshConfig,
    hosts.map((host) => `Host ${host.name}\n  HostName 127.0.0.1\n  Port ${cables.get(host.name)!.port}\n`).join('') +
      `Host *\n  User demo\n  UserKnownHostsFile ${known}\n  IdentityFile ${keyFile}\n  IdentitiesOnly yes\n  IdentityAgent none\n`,
  )
  const repo = join(root, 'repo')
  mkdirSync(repo)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: repo, encoding: 'utf8' }).trim()
  git('init', '-q', '-b', 'main')
  const commit = (file: string, text: string) => {
    writeFileSync(join(repo, file), text)
    git('add', '-A')
    git('commit', '-qm', `change ${file}`)
    return git('rev-parse', 'HEAD')
  }
  commit('index', 'one')
  const on = (host: string, path: string) => join(root, 'hosts', host, 'srv', path)
  const ssh = sshTransport()
  const local = localTransport()

  const base = () => ({
    application: 'shop',
    repoUrl: repo,
    deployTo: '~/srv',
    keepReleases: 3,
    ssh: { configFile: sshConfig },
    stages: { test: { servers: names.map((host, i) => ({ host, roles: i === 0 ? ['app', 'db'] : ['app'] })) } },
  })
  const run: Fleet['run'] = async (tasks, o = {}) => {
    const config = { ...base(), ...o.config }
    const stage = await resolveStage({ file: join(root, 'deploy.config.ts'), text: '', config: config as never }, o.stage ?? 'test', {
      ...(o.branch === undefined ? {} : { branch: o.branch }),
      ...(o.set === undefined ? {} : { set: o.set }),
    })
    const events: RunEvent[] = []
    const controller = new AbortController()
    let signal: 'SIGINT' | 'SIGTERM' | undefined
    let following = 0
    const interrupt = (name: 'SIGINT' | 'SIGTERM') => {
      // as in src/cli/signals.ts
      if (name !== 'SIGINT' || following === 0) signal = name
      controller.abort(new Error('interrupted'))
    }
    const recorder = { event: (event: RunEvent) => (events.push(event), o.onEvent?.(event, interrupt)) }
    const bus = createBus({ renderers: [recorder] })
    let plan: Plan | undefined
    const { look } = o
    const exit = await (look ? async (request: LookRequest) => (await look(request)).exit : o.doctor ? doctor : execute)({
      stage,
      hosts: filterHosts(stage.hosts, o.filter ?? {}),
      tasks,
      release: o.release,
      planOnly: o.planOnly ?? false,
      run: randomBytes(16).toString('hex'),
      version: '0.0.0',
      user: 'anna',
      owner: 'anna@desk',
      now: o.now ?? new Date(),
      connect: async (host, abort) => {
        const connection = await (host.ssh.transport === 'local' ? local : ssh).connect(host, { signal: abort })
        return openSession(
          host,
          o.onSend ? tapped(connection, (bytes) => o.onSend!(host.name, bytes)) : connection,
          o.heartbeat === undefined ? {} : { heartbeat: o.heartbeat, grace: 500 },
        )
      },
      emit: bus.emit,
      ...(o.unhandledErrors ? { unhandledErrors: o.unhandledErrors } : {}),
      onPlan: (made, title) => {
        plan = made
        o.onTitle?.(title)
      },
      interrupt: {
        signal: controller.signal,
        name: () => signal,
        follow: (on) => void (following += on ? 1 : -1),
        recovering: () => {},
      },
    })
    await bus.end()
    return {
      exit,
      events,
      plan,
      failures: events.flatMap((event) => (event.type === 'failure' ? [event.failure] : [])),
      findings: events.filter((event) => event.type === 'finding'),
      done: (host) => events.flatMap((event) => (event.type === 'task:end' && event.ok && event.host === host ? [event.task] : [])),
      end: events.findLast((event) => event.type === 'run:end')!,
    }
  }
  return {
    repo,
    hosts,
    commit,
    on,
    live: (host) => (existsSync(on(host, 'current')) ? readlinkSync(on(host, 'current')).split('/').at(-1) : undefined),
    releases: (host) => (existsSync(on(host, 'releases')) ? readdirSync(on(host, 'releases')).sort() : []),
    cut: (host, how) => cables.get(host)!.cut(how),
    mend: (host) => cables.get(host)!.mend(),
    config: base,
    run,
    stop: async () => {
      await Promise.all([...cables.values()].map((cable) => cable.close()))
      await Promise.all(hosts.map((host) => host.close()))
      rmSync(root, { recursive: true, force: true })
    },
  }
}

export const stateOf = (fleet: Fleet, host: string, release: string): string =>
  readFileSync(fleet.on(host, `.shipit/releases/${release}`), 'utf8').split('\n')[0]!

const tapped = (connection: Connection, onSend: (bytes: Buffer) => void): Connection => ({
  ...connection,
  address: connection.address,
  lost: connection.lost,
  close: () => connection.close(),
  leave: () => connection.leave(),
  open: async (sink, options) => {
    const channel = await connection.open(sink, options)
    return {
      ...channel,
      end: () => channel.end(),
      close: () => channel.close(),
      write: (bytes) => {
        onSend(Buffer.from(bytes as string))
        channel.write(bytes)
      },
    }
  },
})
