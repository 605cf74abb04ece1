import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { createRegistry } from '../../src/tasks/registry.ts'
import { folder } from './support.ts'

const example = new URL('../../deploy.config.example.ts', import.meta.url)

test('the example config, copied into a repository without node_modules, loads in each of its stages', async (t) => {
  const cwd = folder(t, { 'deploy.config.ts': readFileSync(example, 'utf8'), '.git/HEAD': '', Gemfile: '' })
  const loaded = await loadConfig({ cwd })
  assert.deepEqual(Object.keys(loaded.config.stages), ['staging', 'production', 'preview'])
  for (const name of Object.keys(loaded.config.stages)) {
    const stage = await resolveStage(loaded, name)
    assert.equal(stage.deployTo, `/srv/shop_${name}`)
    const { tasks, after } = createRegistry(stage)
    for (const task of ['deploy', 'bundler:install', 'sidekiq:restart', 'puma:restart']) assert.ok(tasks.has(task), task)
    assert.ok(after.get('deploy:published')?.some(({ task }) => task === 'puma:restart'))
  }
  const { hosts, recipes } = await resolveStage(loaded, 'production')
  assert.deepEqual(
    hosts.map((host) => [host.name, host.user, host.roles]),
    [
      ['app1.example.com', 'deploy', ['app', 'web', 'db']],
      ['app2.example.com', 'deploy', ['app', 'web']],
      ['worker1.example.com:2222', 'deploy', ['worker']],
    ],
  )
  assert.equal(recipes.find((recipe) => recipe.name === 'sidekiq')!.settings['processes'], 8)
})
