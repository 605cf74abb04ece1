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

/** What runs, in order, barriers among it; of the core's tasks only the switch. */
const order = async (use: readonly AnyRecipe[], task: string) =>
  orderTasks(createRegistry(await stageOf(use)), [task])
    .map((entry) => (entry.kind === 'barrier' ? entry.barrier : entry.task.name))
    .filter((name) => /^\||^sidekiq|^bundler|^deploy:(symlink:release|check:linked_files)$/.test(name))

test('in a deploy nothing is quieted before all hosts have passed, stopped before all are ready, or started before the switch', async () => {
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

test('a rollback does the same', async () => {
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

test('after a failure it recovers', async () => {
  assert.deepEqual(await order([bundler(), sidekiq()], 'deploy:failed'), ['sidekiq:recover'])
})

test('without default hooks it does nothing by itself', async () => {
  const names = [
    ...(await order([sidekiq({ defaultHooks: false })], 'deploy')),
    ...(await order([sidekiq({ defaultHooks: false })], 'deploy:failed')),
  ]
  assert.deepEqual(
    names.filter((name) => name.startsWith('sidekiq')),
    [],
  )
})

test('used twice, each has tasks of its own name', async () => {
  const names = await order([sidekiq(), sidekiq({ serviceUnitName: 'mailer' }, { name: 'mailer' })], 'deploy')
  assert.equal(names.filter((name) => name === 'sidekiq:stop').length, 1)
  assert.ok(createRegistry(await stageOf([sidekiq({}, { name: 'mailer' })])).tasks.has('mailer:stop'))
})

test('settings may come late and from the stage, and what cannot work is named with its path', async () => {
  const { recipes } = await stageOf([sidekiq({ serviceUnitName: ({ application, stage }) => `${application}_sidekiq_${stage}` })], {
    settings: { sidekiq: { processes: 2 } },
  })
  assert.equal(recipes[0]!.settings['serviceUnitName'], 'shop_sidekiq_production')
  assert.equal(recipes[0]!.settings['processes'], 2)
  await assert.rejects(stageOf([sidekiq({ configFiles: ['config/sidekiq.yml'] })]), /configFiles/)
})
