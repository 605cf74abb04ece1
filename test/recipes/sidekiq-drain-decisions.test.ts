import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { redisProgram } from '../../recipes/sidekiq/ruby/index.ts'
import { decisions, heartbeats } from '../golden/sidekiq-drain.ts'
import { needs, program } from '../support/needs.ts'

const skip = needs('ruby')

/** Evaluates `body` with the functions of the programs; it has the input as DATA_IN. Returns its value. */
const ask = (body: string, input: unknown): unknown => {
  const text = `${redisProgram('processes')}\nDATA_IN = JSON.parse(ARGV[1], symbolize_names: true)\nputs JSON.generate(begin\n${body}\nend)`
  const { stdout, stderr } = spawnSync(program('ruby')!, ['--disable-gems', '-e', text, '--', '{}', JSON.stringify(input)], {
    encoding: 'utf8',
  })
  assert.equal(stderr, '')
  return JSON.parse(stdout)
}

test('every situation of the golden table gets its verdict', { skip }, () => {
  const rows = decisions.map(({ seen, alive = true, since, first, began = 1000 }) => ({
    entry: seen && { started: 0, busy: 0, ...seen, jobs: Array.from({ length: seen.jobs ?? 0 }) },
    alive,
    since,
    first,
    began,
  }))
  const states = ask('DATA_IN.map { |r| state_of(r[:entry], r[:alive], r[:since], r[:first], r[:began]) }', rows) as string[]
  assert.deepEqual(
    decisions.map(({ title }, i) => `${title}: ${states[i]}`),
    decisions.map(({ title, state }) => `${title}: ${state}`),
  )
})

test('G94: a heartbeat takes 5 seconds up to Sidekiq 6 and 10 from 7 on, unless another interval was seen', { skip }, () => {
  assert.deepEqual(
    ask('DATA_IN.map { |r| heartbeat_interval(r[:version], r[:beats]) }', heartbeats),
    heartbeats.map(({ seconds }) => seconds),
  )
})

test('parse_url() parses every form of a Redis address', { skip }, () => {
  const at = (more: object) => ({ tls: false, host: 'h', port: 6379, user: null, password: null, db: 0, ...more })
  const urls: readonly [string, object][] = [
    ['redis://h', at({})],
    ['redis://h:6380/3', at({ port: 6380, db: 3 })],
    ['redis://h/?db=2', at({ db: 2 })],
    ['redis://:p%40w@h/1', at({ password: 'p@w', db: 1 })],
    ['redis://u:p/w@h', at({ user: 'u', password: 'p/w' })],
    ['rediss://u:a:b@h:1', at({ tls: true, port: 1, user: 'u', password: 'a:b' })],
    ['redis://[::1]:7/0', at({ host: '::1', port: 7 })],
    ['redis://', at({ host: '127.0.0.1' })],
    ['unix:///run/r.sock?db=4', { path: '/run/r.sock', user: null, password: null, db: 4 }],
    ['unix:///run/r.sock', { path: '/run/r.sock', user: null, password: null, db: 0 }],
    ['/run/r.sock', { url: 'unix:///run/r.sock', path: '/run/r.sock', user: null, password: null, db: 0 }],
  ]
  assert.deepEqual(
    ask(
      'DATA_IN.map { |url| parse_url(url) }',
      urls.map(([url]) => url),
    ),
    urls.map(([url, parts]) => ({ url, ...parts })),
  )
  const bad = ['http://:secret@h', ':secret', 'redis://:secret@h/x']
  const messages = ask('DATA_IN.map { |url| begin; parse_url(url); rescue ShipitRedis::Error => e; e.message; end }', bad) as string[]
  for (const text of messages) assert.ok(typeof text === 'string' && !text.includes('secret'), text)
})

test('env_file() reads env files like systemd and dotenv', { skip }, () => {
  const text = [
    '# a comment',
    'A=1',
    'export B = "two words" ',
    "C='it''s $plain'",
    'D=redis://h/1 # which is a comment',
    'E="a\\"b"',
    '  F=f#g',
    '#G=no',
    'H=',
    'I="two',
    'lines"',
  ].join('\n')
  assert.deepEqual(ask('env_file(DATA_IN[0])', [text]), {
    A: '1',
    B: 'two words',
    C: 'it',
    D: 'redis://h/1',
    E: 'a"b',
    F: 'f#g',
    I: 'two\nlines',
  })
})

test("jobs are named by their class, ActiveJob's by the wrapped class, and never with arguments", { skip }, () => {
  const work = (payload: unknown, runAt: unknown = 50) => JSON.stringify({ queue: 'q', run_at: runAt, payload })
  const jobs = [
    work({ class: 'HardWorker', args: ['secret'] }),
    work(JSON.stringify({ class: 'Import', args: ['secret'] })),
    work({ class: 'ActiveJob::QueueAdapters::SidekiqAdapter::JobWrapper', wrapped: 'Mail', args: [{ secret: 1 }] }),
    work({ class: 'Late' }, 1_700_000_000_000),
    work('secret'),
    'secret',
    work({ class: 'Odd\u001b[31m\n' }),
  ]
  const found = ask('DATA_IN.map { |text| parse_job(text) }', jobs)
  assert.deepEqual(found, [
    { name: 'HardWorker', began: 50 },
    { name: 'Import', began: 50 },
    { name: 'Mail', began: 50 },
    { name: 'Late', began: 1_700_000_000 },
    { name: 'a job', began: 0 },
    { name: 'a job', began: 0 },
    { name: 'Odd[31m', began: 50 },
  ])
})

test('Ruby takes each program as a whole, without a warning', { skip }, () => {
  for (const part of ['wait', 'doctor', 'status', 'mark'] as const) {
    const { stdout, stderr } = spawnSync(program('ruby')!, ['-wc', '-'], {
      input: redisProgram('processes', 'app', part),
      encoding: 'utf8',
    })
    assert.equal(stdout.trim(), 'Syntax OK')
    assert.equal(stderr, '')
  }
})
