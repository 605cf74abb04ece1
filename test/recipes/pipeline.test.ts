import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundler, sidekiq } from '../../recipes/index.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { orderTasks } from '../../src/tasks/order.ts'
import { createRegistry } from '../../src/tasks/registry.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'

const stageOf = (use: readonly AnyRecipe[], more: Record<string, unknown> = {}) => {
  const config = { application: 'shop', repoUrl: 'r', deployTo: '/srv/shop', use, stages: { production: { servers: ['w1'], ...more } } }
  return resolveStage({ file: '/nowhere/deploy.config.ts', text: '', config: config as never }, 'production')
}

/** The tasks and barriers in order; of the core's tasks only the switch. */
const order = async (use: readonly AnyRecipe[], task: string) =>
  orderTasks(createRegistry(await stageOf(use)), [task])
    .map((entry) => (entry.kind === 'barrier' ? entry.barrier : entry.task.name))
    .filter((name) => /^\||^sidekiq|^bundler|^deploy:(symlink:release|check:linked_files)$/.test(name))

test('a deploy quiets after the checks, stops when all hosts are ready, and starts after the switch', async () => {
  assert.deepEqual(await order([bundler(), sidekiq()], 'deploy'), [
    'sidekiq:check',
    'deploy:check:linked_files',
    '|checked',
    'sidekiq:quiet',
    'bundler:install',
    '|ready',
    'sidekiq:stop',
    'deploy:symlink:release',
    '|live',
    'sidekiq:start',
  ])
})

test('a rollback has the same order', async () => {
  const names = await order([bundler(), sidekiq()], 'deploy:rollback')
  assert.deepEqual(
    names.filter((name) => name !== 'deploy:check:linked_files'),
    [
      'sidekiq:check',
      '|checked',
      'sidekiq:quiet',
      'bundler:install',
      '|ready',
      'sidekiq:stop',
      'deploy:symlink:release',
      '|live',
      'sidekiq:start',
    ],
  )
})

test('deploy:failed recovers Sidekiq', async () => {
  assert.deepEqual(await order([bundler(), sidekiq()], 'deploy:failed'), ['sidekiq:recover'])
})

test('without default hooks no task runs by itself', async () => {
  const names = [
    ...(await order([sidekiq({ defaultHooks: false })], 'deploy')),
    ...(await order([sidekiq({ defaultHooks: false })], 'deploy:failed')),
  ]
  assert.deepEqual(
    names.filter((name) => name.startsWith('sidekiq')),
    [],
  )
})

test('a recipe used twice has tasks under both names', async () => {
  const names = await order([sidekiq(), sidekiq({ serviceUnitName: 'mailer' }, { name: 'mailer' })], 'deploy')
  assert.equal(names.filter((name) => name === 'sidekiq:stop').length, 1)
  assert.ok(createRegistry(await stageOf([sidekiq({}, { name: 'mailer' })])).tasks.has('mailer:stop'))
})

test('settings may be computed and come from the stage, and a wrong one is reported with its path', async () => {
  const { recipes } = await stageOf([sidekiq({ serviceUnitName: ({ application, stage }) => `${application}_sidekiq_${stage}` })], {
    settings: { sidekiq: { processes: 2 } },
  })
  assert.equal(recipes[0]!.settings['serviceUnitName'], 'shop_sidekiq_production')
  assert.equal(recipes[0]!.settings['processes'], 2)
  await assert.rejects(stageOf([sidekiq({ configFiles: ['config/sidekiq.yml'] })]), /configFiles/)
})
