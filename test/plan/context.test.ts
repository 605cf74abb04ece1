import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { baseContext } from '../../src/plan/context.ts'
import { stageWith } from '../tasks/support.ts'

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
