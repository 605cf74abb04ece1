import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIntent } from '../../src/run/intent.ts'
import { taskTree } from '../../src/run/task-tree.ts'
import { tasksOf } from '../../src/tasks/order.ts'
import { stageOf } from '../config/support.ts'

test('taskTree has the tasks of a run in its order', async (t) => {
  const stage = await stageOf(
    t,
    `import { sh } from 'shipit-ts'
import { bundler, rails, rbenv, sidekiq } from 'shipit-ts/recipes'
export default {
  application: 'shop', repoUrl: 'git@example.com:shop.git',
  use: [rbenv({ ruby: '3.4.1' }), bundler(), rails(), sidekiq({ serviceUnitUser: 'system' })],
  tasks: { turn: { check: 'look', steps: () => [sh\`true\`] }, look: { steps: () => [] }, off: { when: () => false, sequence: ['bundler:install'] } },
  hooks: { after: { 'deploy:published': ['turn', 'off'] }, before: { turn: 'deploy:restart' }, finally: { 'deploy:published': 'deploy:restart', turn: { on: 'local', steps: () => [] } } },
  stages: { production: { servers: ['a1'] } },
}`,
  )
  const [user, now] = ['me', new Date()]
  for (const task of ['deploy', 'deploy:rollback', 'deploy:check', 'turn']) {
    const { entries, registry } = createIntent({ stage, hosts: stage.hosts, tasks: [task], release: undefined, user, now })
    const lines = taskTree(stage, task, { user, now }).filter(
      ({ name, not }) => not === undefined && registry.tasks.get(name)?.def.sequence === undefined,
    )
    assert.deepEqual(
      lines.map(({ name }) => name),
      tasksOf(entries).map(({ name }) => name),
    )
  }
  const last = taskTree(stage, 'turn', { user, now }).at(-1)
  assert.deepEqual([last?.name, last?.hook], ['finally turn (config)', { side: 'finally', of: 'turn', owner: 'config', inline: true }])
  const look = taskTree(stage, 'deploy', { user, now }).find(({ name }) => name === 'look')
  assert.deepEqual(look?.hook, { side: 'before', of: 'deploy:check', owner: 'config', inline: false })
})
