import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { redisDoctor } from '../../recipes/sidekiq/drain/index.ts'
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

test('a Redis as it should be is no finding', () => assert.deepEqual(findings(good), []))

const cases: readonly [string, object, Record<string, unknown>, RegExp][] = [
  [
    'too old for Sidekiq 6',
    { ...good, version: '3.2.6' },
    {},
    /^error: Sidekiq 6\.4\.1 needs Redis 4\.0 or newer, and redis:\/\/r:6379\/0 is 3\.2\.6$/,
  ],
  ['too old for Sidekiq 7', { ...good, sidekiq: '7.3.2', version: '6.0.16' }, {}, /^error: .*needs Redis 6\.2/],
  ['too old for Sidekiq 8', { ...good, sidekiq: '8.0.1', version: '6.2.1' }, {}, /^error: .*needs Redis 7\.0/],
  ['it may throw jobs away', { ...good, policy: 'allkeys-lru' }, {}, /^warning: .*maxmemory-policy is allkeys-lru$/],
  [
    'a namespace with Sidekiq 7',
    { ...good, sidekiq: '7.3.2' },
    { redis: { namespace: 'shop' } },
    /^error: Sidekiq 7\.3\.2 knows no namespaces$/,
  ],
  ['nobody is in it', { ...good, known: 0 }, {}, /^warning: no Sidekiq of this host is known in redis:\/\/r/],
  ['nobody is in it, and the drain lives by it', { ...good, known: 0 }, { drain: true }, /^error: no Sidekiq/],
  ['it does not answer', { ...good, trouble: 'Redis at x: connection refused' }, {}, /^error: Redis at x: connection refused$/],
  ['a guess that does not answer', { ...good, default: true, trouble: 'Redis at x: no' }, {}, /^warning: Redis at x: no$/],
  ['a guess that does not answer, and the drain', { ...good, default: true, trouble: 'Redis at x: no' }, { drain: true }, /^error/],
  ['no ruby', { code: 8, stderr: 'there is no ruby in the PATH\n' }, { drain: true }, /^error: Redis cannot be asked: there is no ruby/],
]
for (const [title, answer, settings, expected] of cases) {
  test(`${title} is a finding`, () => {
    const found = findings(answer, settings)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, expected)
  })
}

test('the versions that each Sidekiq takes are no finding', () => {
  for (const [sidekiqVersion, version] of [
    ['6.5.12', '4.0.9'],
    ['7.3.2', '6.2.0'],
    ['8.0.1', '7.0.0'],
    ['8.0.1', '8.2.1'],
    [null, '2.8.0'],
  ])
    assert.deepEqual(findings({ ...good, sidekiq: sidekiqVersion, version }), [])
})

test('where sudo does not lead to the user of Sidekiq, the remedy is its rule, and not a Ruby', () => {
  const remedy = (stderr: string) =>
    redisDoctor.findings(contextOf(sidekiq({ user: 'jobs' }), { facts: { redis: { code: 1, stderr } } }) as unknown as Context)[0]?.remedy
  assert.match(
    remedy('sudo: a terminal is required\nsudo: a password is required\n')!,
    /^see the rule: shipit production sidekiq:sudoers; put it in place: shipit production sidekiq:sudoers --install --set ssh.user=root$/,
  )
  assert.match(remedy('there is no ruby in the PATH\n')!, /^put a ruby into the PATH/)
})
