import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { sh } from '../../src/index.ts'
import type { Host, RunContext, TableRow } from '../../src/index.ts'
import { inspeqtor, monit, sidekiq } from '../../recipes/index.ts'
import type { Manager } from '../../recipes/sidekiq/manager.ts'
import type { Settings } from '../../recipes/sidekiq/settings.ts'
import { limitsOf } from '../../recipes/rules/index.ts'
import { lowestLimit, rowsOf, showStatus } from '../../recipes/sidekiq/status.ts'
import type { Report } from '../../recipes/sidekiq/status.ts'
import { contextOf, hostOf } from '../support/context.ts'
import { needs } from '../support/needs.ts'
import { fakeRedis, runAsync } from '../support/redis.ts'
import { stubs } from '../support/script.ts'

const now = () => Date.now() / 1000
const process = {
  name: 'sidekiq.service',
  pid: 7,
  state: 'active',
  since: 90,
  dir: '/srv/shop/releases/2',
  rss: 102_400,
  tree: 102_400,
  cpu: 12.3,
}
const report = (more: Partial<Report>): Report => ({ processes: [], queues: [], current: '2', ...more })

const columns = (rows: readonly TableRow[]) => rows.map((row) => Object.values(row).map((value) => value ?? ''))

const limits = [
  { service: 'sidekiq', name: undefined, rss: 400 * 1024 * 1024 },
  { service: 'workers', name: 'sk@2', cpu: 90 },
  { service: 'web', name: undefined, rss: 1, cpu: 1 },
]

test('a process has a row, in which a value beyond a limit, an old release, down or silence is marked', () => {
  const processes = [
    { ...process, busy: 2, concurrency: 5, quiet: false, beat: 3 },
    {
      ...process,
      name: 'sk@2.service',
      dir: '/srv/shop/releases/1',
      tree: 512_000,
      cpu: 99.6,
      busy: 0,
      concurrency: 5,
      quiet: true,
      beat: 300,
    },
    { ...process, name: 'sk@3.service', dir: null },
    { name: 'sk@4.service', pid: 0, state: 'failed', result: 'timeout', since: 7300 },
    { name: 'sk@5.service', pid: 0, state: 'missing' },
    { name: 'sk@6.service', pid: 8, state: 'activating', since: 1 },
    { name: 'sidekiq-0', pid: 0 },
  ]
  assert.deepEqual(
    columns(
      rowsOf(
        [
          ['w1', report({ processes })],
          ['w2', { unread: 'no answer: exit 8' }],
        ],
        limits,
      ),
    ),
    [
      ['w1', 'sidekiq', 'active 90 s', 7, '2', '100', '12', '2/5', 'no'],
      ['w1', 'sk@2', 'active 90 s', 7, '1 !', '100 (500 with children) !', '100 !', '0/5', 'yes (5 min ago) !'],
      ['w1', 'sk@3', 'active 90 s', 7, '-', '100', '12', '-', '-'],
      ['w1', 'sk@4', 'failed (timeout) 2 h !', '', '', '', '', '', ''],
      ['w1', 'sk@5', 'not installed !', '', '', '', '', '', ''],
      ['w1', 'sk@6', 'activating 1 s !', 8, '-', '0', '0', '-', '-'],
      ['w1', 'sidekiq-0', 'down !', '', '', '', '', '', ''],
      ['w2', '', 'no answer: exit 8', '', '', '', '', '', ''],
    ],
  )
})

describe('sidekiq:status', { skip: needs('ruby') }, () => {
  test('shows every process and queue, each Redis once, and goes on if a host cannot be asked', async (t) => {
    const redis = await fakeRedis()
    const made = stubs({})
    const release = join(made.dir, 'releases', '20261123100000')
    mkdirSync(release, { recursive: true })
    symlinkSync(release, join(made.dir, 'current'))
    const child = spawn('sleep', ['60'], { cwd: release, stdio: 'ignore' })
    t.after(async () => {
      child.kill('SIGKILL')
      made.remove()
      await redis.close()
    })
    const id = `${hostname()}:${child.pid}:x`
    redis.data.set('processes', [id])
    redis.data.set(id, {
      info: JSON.stringify({ hostname: hostname(), pid: child.pid, started_at: 1, concurrency: 5 }),
      busy: '2',
      beat: String(now()),
      quiet: 'false',
    })
    redis.data.set('queues', ['low', 'default'])
    redis.data.set('queue:default', ['{}', JSON.stringify({ enqueued_at: now() - 600 })])

    const hosts = ['w1', 'w2', 'w3'].map((name) => hostOf({ name }))
    const base = contextOf(sidekiq(), { deployTo: made.dir, settings: { manager: 'signals', redis: { url: redis.url } }, hosts })
    const printed: { rows: TableRow[]; lines: string[] } = { rows: [], lines: [] }
    const c = {
      ...base,
      signal: new AbortController().signal,
      on: async <T>(_on: unknown, fn: (host: Host) => Promise<T>) =>
        new Map(
          await Promise.all(
            hosts.map(
              async (host) =>
                [
                  host,
                  await fn({
                    ...host,
                    capture: async (command: never) => {
                      if (host.name === 'w3') throw new Error("read Sidekiq's processes: exit 8\nthere is no ruby in the PATH")
                      const { code, stdout, stderr } = await runAsync(command)
                      assert.deepEqual([code, stderr], [0, ''])
                      return stdout
                    },
                  } as unknown as Host),
                ] as const,
            ),
          ),
        ),
      log: {
        table: (rows: TableRow[]) => void (printed.rows = rows),
        info: (line: string) => void printed.lines.push(line),
        warn: (line: string) => void printed.lines.push(`warning: ${line}`),
      },
    } as unknown as RunContext<Settings>
    const by = { pids: () => sh`printf '%s\n' ${`sidekiq-0 ${child.pid}`} 'sidekiq-1 0'` } as unknown as Manager
    await showStatus(c, by)

    const running = (host: string) => [host, 'sidekiq-0', child.pid, '20261123100000', '2/5', 'no']
    assert.deepEqual(
      printed.rows.map((row) => ['host', 'unit', 'PID', 'release', 'busy', 'quiet'].map((column) => row[column])),
      [
        running('w1'),
        ['w1', 'sidekiq-1', null, null, null, null],
        running('w2'),
        ['w2', 'sidekiq-1', null, null, null, null],
        ['w3', '', null, null, null, null],
      ],
    )
    assert.match(String(printed.rows[0]!['state']), /^runs \d+ s$/)
    assert.equal(printed.rows[4]!['state'], 'no answer: there is no ruby in the PATH')
    assert.deepEqual(printed.lines, [`queues in ${redis.url}: default 2 (10 min), low 0`])

    await redis.close()
    printed.lines = []
    await showStatus(c, by)
    assert.equal(printed.rows[0]!['busy'], '-')
    assert.deepEqual(printed.lines, [`warning: Redis at ${redis.url} (redis.url): connection refused: nothing listens there (w1, w2)`])
  })
})

test('the limits are the lowest of the rules of inspeqtor() and monit() in this stage', () => {
  const rules = (recipe: ReturnType<typeof inspeqtor> | ReturnType<typeof monit>, ...list: string[]) =>
    recipe.definition.settings!.parse({ services: { sidekiq: { rules: list } } })
  const others = {
    inspeqtor: rules(inspeqtor(), 'memory:total_rss > 500m then restart', 'cpu:user > 60% for 2 cycles then alert'),
    monit: rules(monit(), 'memory:rss > 400m then alert'),
  }
  const limits = limitsOf(contextOf(sidekiq(), { others }))
  assert.deepEqual([lowestLimit(limits, 'sidekiq', 'rss'), lowestLimit(limits, 'sidekiq', 'cpu')], [400 * 1024 ** 2, 60])
  assert.deepEqual(limitsOf(contextOf(sidekiq())), [])
})
