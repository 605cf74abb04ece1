import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { sidekiq } from '../../recipes/index.ts'
import { markDeploy } from '../../recipes/sidekiq/drain/index.ts'
import type { Context, Manager } from '../../recipes/sidekiq/manager.ts'
import { contextOf, textOf, type Given } from '../support/context.ts'
import { needs } from '../support/needs.ts'
import { fakeRedis, runAsync, type Done } from '../support/redis.ts'
import { stubs } from '../support/script.ts'

const by = { pids: () => sh`echo sidekiq.service 0` } as unknown as Manager
const commandOf = (given: Given): Command => markDeploy(contextOf(sidekiq(), given) as unknown as Context, by)[0] as Command

/** Stand-ins for the gem: each version has only the method that marks a deploy, under its name there. They print their arguments. */
const gem = (version: string): Record<string, string> => ({
  'sidekiq.rb': `module Sidekiq; VERSION = '${version}'; end`,
  'sidekiq/deploy.rb': `module Sidekiq
  module RedisConnection
    def self.create(options = {}) = options
  end
  class Deploy
    def initialize(pool) = @pool = pool
    def ${Number(version.split('.').join('')) >= 703 ? 'mark!' : 'mark'}(at: Time.now, label: nil)
      puts "[#{label}] #{@pool[:url]} #{label.encoding} #{label.valid_encoding?}"
    end
  end
end`,
})

const marked = async (t: TestContext, version: string, settings: Record<string, unknown> = {}): Promise<Done & { url: string }> => {
  const redis = await fakeRedis()
  const made = stubs({ bundle: 'shift; exec "$@"' })
  t.after(async () => {
    made.remove()
    await redis.close()
  })
  for (const [name, text] of Object.entries(gem(version))) {
    const file = join(made.dir, 'lib', name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const release = join(made.dir, 'releases', '20261123100000')
  mkdirSync(release, { recursive: true })
  const command = commandOf({
    deployTo: made.dir,
    release: '20261123100000',
    settings: { manager: 'signals', redis: { url: redis.url }, ...settings },
  })
  const done = await runAsync(command, { PATH: made.path, RUBYLIB: join(made.dir, 'lib'), LC_ALL: 'C' })
  return { ...done, url: redis.url }
}

describe('sidekiq:mark_deploy', { skip: needs('ruby'), concurrency: 3 }, () => {
  for (const version of ['7.0.2', '7.0.3', '7.3.2'])
    test(`G120: Sidekiq ${version} is marked with the method that it has, in the Redis that was found`, async (t) => {
      const { code, stdout, stderr, url } = await marked(t, version)
      assert.deepEqual([code, stderr], [0, ''])
      assert.equal(stdout, `[aaaaaaa main] ${url} UTF-8 true\nmarked: aaaaaaa main\n`)
    })

  test('G119: a label arrives unchanged, whatever its characters', async (t) => {
    for (const label of [`it's $(id) \`id\` "é" \\ %s #{1}`, '--version', '-e puts 1']) {
      const { code, stdout } = await marked(t, '7.3.2', { deployLabel: label })
      assert.equal(code, 0)
      assert.ok(stdout.startsWith(`[${label}] `), stdout)
    }
  })

  test('a Sidekiq 6 without marks is a note, not a failure', async (t) => {
    const { code, stdout, stderr } = await marked(t, '6.5.12')
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^Sidekiq 6\.5\.12 cannot mark deploys/)
  })

  test('a Redis that does not answer is a warning that names it', async (t) => {
    const { code, stderr } = await marked(t, '7.3.2', { redis: { url: 'redis://:hush@127.0.0.1:1/0' } })
    assert.equal(code, 5)
    assert.equal(stderr, 'Redis at redis://127.0.0.1:1/0 (redis.url): connection refused: nothing listens there\n')
    assert.equal(commandOf({}).spec.allow, true)
  })
})

test("G119: the mark runs in the release with the stage's environment, on one host", () => {
  const text = textOf(commandOf({ release: '20261123100000', settings: { railsEnv: 'staging' } }))
  assert.match(text, /^cd \/srv\/shop\/releases\/20261123100000\nexport RAILS_ENV=staging\npids \| bundle exec ruby -e /m)
  const on = sidekiq().definition.tasks!['mark_deploy']!.on
  assert.ok(typeof on === 'function')
  assert.deepEqual(on({ settings: { roles: ['worker'] }, stage: 'production' }), { roles: ['worker'], primary: true })
})
