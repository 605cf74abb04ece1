import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { baseContext } from '../../src/plan/context.ts'
import { core } from '../../src/settings/core.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { env, secret } from '../../src/index.ts'
import { stageOf } from '../config/support.ts'
import { stageWith } from '../tasks/support.ts'
import { makeHosts } from './support.ts'

const deploy = {
  branch: 'main',
  revision: '',
  shortRevision: '',
  release: '',
  user: 'anna',
  time: new Date(0),
  rollback: false,
  releasing: false,
}

for (const [used, printed] of [
  ['sidekiq', 'shipit test sidekiq:install sidekiq:start --set sidekiq.user=deploy --set ssh.user=root'],
  ['queue', 'shipit test queue:install queue:start --set queue.user=deploy --set ssh.user=root'],
] as const)
  test(`a recipe used as ${used} prints its tasks and settings under that name`, () => {
    const recipe = sidekiq({}, { name: used })
    const stage = stageWith({ recipes: [{ recipe, name: used, settings: {} }] })
    const c = baseContext({ stage, hosts: [], deploy }, {}, used)
    assert.equal(c.shipit('sidekiq:install', 'sidekiq:start', '--set', 'sidekiq.user=deploy', '--set', 'ssh.user=root'), printed)
  })

const contextOf = (stage: Parameters<typeof baseContext>[0]['stage'], hosts = stage.hosts) =>
  baseContext({ stage, hosts, deploy }, {}, 'config')

test('config has every setting of the stage but vars, commands and what may hold secrets', () => {
  const left = ['commands', 'env', 'sudoPassword', 'vars']
  assert.deepEqual([...Object.keys(contextOf(stageWith()).config), ...left].toSorted(), Object.keys(core).toSorted())
})

test('config has the settled settings of the stage, with those of the command line', async (t) => {
  const stage = await stageOf(
    t,
    `export default { application: 'shop', repoUrl: 'https://u:hidden-pass@git.example.com/shop.git', keepReleases: 9, linkedFiles: ['.env', { path: 'a.key' }],
      deployTo: ({ stage }) => '/srv/' + stage, ssh: { port: 2222 }, branch: 'main', sudoPassword: undefined,
      stages: { production: { servers: ['a1'], keepReleases: 7, linkedDirs: ['log'], ssh: { user: 'deploy' } } } }`,
    { set: ['umask=0027', 'git.timeout=5s'], branch: 'v2' },
  )
  const { config } = contextOf(stage)
  assert.deepEqual(
    [config.keepReleases, config.linkedFiles, config.linkedDirs, config.deployTo, config.branch, config.umask, config.git.timeout],
    [7, ['.env', 'a.key'], ['log'], '/srv/production', 'v2', '0027', 5000],
  )
  assert.deepEqual({ ...config.ssh }, { port: 2222, user: 'deploy' })
  assert.equal(config.repoUrl, 'https://git.example.com/shop.git')
  assert.ok(!JSON.stringify(config).includes('hidden-pass'))
})

test('config cannot be changed', () => {
  const { config } = contextOf(stageWith())
  assert.throws(() => Object.assign(config, { keepReleases: 1 }), TypeError)
})

test('config reports a missing variable where a task reads the setting, and not before', async () => {
  const given = {
    application: 'shop',
    branch: () => env('NO_SUCH_BRANCH'),
    sudoPassword: secret('hidden'),
    stages: { test: { servers: ['a1'] } },
  }
  const stage = await resolveStage({ file: '/project/deploy.config.ts', text: '', config: given as never }, 'test')
  const { config } = contextOf(stage)
  assert.equal(config.keepReleases, 5)
  assert.throws(() => config.branch, /NO_SUCH_BRANCH/)
})

test('hosts() with filtered: false has the hosts that filters leave out', () => {
  const { hosts } = makeHosts({ a1: { roles: ['app'] }, a2: { roles: ['app'] }, d1: { roles: ['db'] } })
  const c = contextOf(stageWith({ hosts }), [hosts[1]!])
  const names = (all: readonly { name: string }[]) => all.map(({ name }) => name)
  assert.deepEqual(names(c.hosts('app', { filtered: false })), ['a1', 'a2'])
  assert.deepEqual(names(c.hosts('all', { filtered: false })), ['a1', 'a2', 'd1'])
  assert.deepEqual(names(c.hosts({ roles: ['db'], required: true }, { filtered: false })), ['d1'])
  for (const o of [undefined, {}, { filtered: true }]) assert.deepEqual(names(c.hosts('all', o)), ['a2'])
})

test('hosts() refuses an option that it does not have', () => {
  const c = contextOf(stageWith())
  assert.throws(() => c.hosts('all', { filterd: false } as never), /hosts\(\) has no option "filterd" \(did you mean "filtered"\?\)/)
})
