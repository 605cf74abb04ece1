import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { redisDoctor } from '../../recipes/sidekiq/drain/doctor.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { contextOf } from '../support/context.ts'

const good = {
  sidekiq: '6.4.1',
  running: 1,
  known: 1,
  source: 'redis.url',
  at: 'redis://r:6379/0',
  default: false,
  version: '7.0.15',
  policy: 'noeviction',
}

const findings = (answer: object | { code: number; stderr: string }, settings: Record<string, unknown> = {}) => {
  const redis = 'code' in answer ? (answer as { code: number; stderr: string }) : `${JSON.stringify(answer)}\n`
  return redisDoctor
    .findings(contextOf(sidekiq(), { settings, facts: { redis } }) as unknown as Context)
    .map(({ level, message }) => `${level}: ${message}`)
}

test('a healthy Redis has no finding', () => assert.deepEqual(findings(good), []))

const cases: readonly [string, object, Record<string, unknown>, RegExp][] = [
  [
    'a Redis too old for Sidekiq 6',
    { ...good, version: '3.2.6' },
    {},
    /^error: Sidekiq 6\.4\.1 needs Redis 4\.0 or newer, but redis:\/\/r:6379\/0 is 3\.2\.6$/,
  ],
  ['a Redis too old for Sidekiq 7', { ...good, sidekiq: '7.3.2', version: '6.0.16' }, {}, /^error: .*needs Redis 6\.2/],
  ['a Redis too old for Sidekiq 8', { ...good, sidekiq: '8.0.1', version: '6.2.1' }, {}, /^error: .*needs Redis 7\.0/],
  ['a Redis that may evict jobs', { ...good, policy: 'allkeys-lru' }, {}, /^warning: .*maxmemory-policy is allkeys-lru$/],
  [
    'a namespace with Sidekiq 7',
    { ...good, sidekiq: '7.3.2' },
    { redis: { namespace: 'shop' } },
    /^error: Sidekiq 7\.3\.2 does not support namespaces$/,
  ],
  [
    'a Redis without a Sidekiq of this host',
    { ...good, known: 0 },
    {},
    /^warning: redis:\/\/r:6379\/0 \(redis\.url\) knows no Sidekiq of this host/,
  ],
  ['a Redis without a Sidekiq of this host, with a drain', { ...good, known: 0 }, { drain: true }, /^error: .* knows no Sidekiq/],
  ['a Redis that does not answer', { ...good, error: 'Redis at x: connection refused' }, {}, /^error: Redis at x: connection refused$/],
  ['a guessed Redis that does not answer', { ...good, default: true, error: 'Redis at x: no' }, {}, /^warning: Redis at x: no$/],
  ['a guessed Redis that does not answer, with a drain', { ...good, default: true, error: 'Redis at x: no' }, { drain: true }, /^error/],
  ['no ruby', { code: 8, stderr: 'there is no ruby in the PATH\n' }, { drain: true }, /^error: could not ask Redis: there is no ruby/],
]
for (const [title, answer, settings, expected] of cases) {
  test(`${title} is a finding`, () => {
    const found = findings(answer, settings)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, expected)
  })
}

test('a starting Sidekiq is not looked up in Redis', () => {
  const units = 'Id=sidekiq.service\nLoadState=loaded\nActiveState=activating\nMainPID=7\n'
  const facts = { redis: `${JSON.stringify({ ...good, known: 0 })}\n`, units }
  assert.deepEqual(redisDoctor.findings(contextOf(sidekiq(), { facts }) as unknown as Context), [])
})

test('supported versions of Redis are not a finding', () => {
  for (const [sidekiqVersion, version] of [
    ['6.5.12', '4.0.9'],
    ['7.3.2', '6.2.0'],
    ['8.0.1', '7.0.0'],
    ['8.0.1', '8.2.1'],
    [null, '2.8.0'],
  ])
    assert.deepEqual(findings({ ...good, sidekiq: sidekiqVersion, version }), [])
})

test("the remedy is the sudo rule, not a Ruby, if sudo does not lead to Sidekiq's user", () => {
  const remedy = (stderr: string) =>
    redisDoctor.findings(contextOf(sidekiq({ user: 'jobs' }), { facts: { redis: { code: 1, stderr } } }) as unknown as Context)[0]?.remedy
  assert.match(
    remedy('sudo: a terminal is required\nsudo: a password is required\n')!,
    /^see the rule: shipit production sidekiq:sudoers; install it: shipit production sidekiq:sudoers --install --set ssh.user=root$/,
  )
  assert.match(remedy('there is no ruby in the PATH\n')!, /^put a ruby into the PATH/)
})
