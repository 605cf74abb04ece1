import assert from 'node:assert/strict'
import { test } from 'node:test'
import { place } from '../cli/support/place.ts'
import { refusal, shown, stageOf } from '../config/support.ts'
import { defineRecipe } from '../../src/tasks/define.ts'
import { createRegistry } from '../../src/tasks/registry.ts'
import type { AnyTask, HookItem } from '../../src/tasks/types.ts'
import { stageWith } from './support.ts'

const nothing: AnyTask = { steps: () => [] }
const jobs = defineRecipe({
  name: 'jobs',
  tasks: { quiet: { steps: () => [] }, stop: { steps: () => [] } },
  hooks: { before: { 'deploy:started': { task: 'jobs:quiet', optional: true }, 'deploy:updated': { task: 'cache:warm', optional: true } } },
})
const used = (name?: string) => ({ recipe: jobs({}, name === undefined ? {} : { name }), name: name ?? 'jobs', settings: {} })
const registryWith = (item: HookItem, recipes = [used()]) =>
  createRegistry(stageWith({ recipes, tasks: { own: nothing }, hooks: [{ after: { 'deploy:published': ['own', item] } }] }))

test('an optional hook runs if the stage has the task, and is left out if it does not', () => {
  const of = (task: string, recipes = [used()]) => {
    const { after, warnings } = registryWith({ task, optional: true }, recipes)
    return [after.get('deploy:published')?.map(({ task }) => task), warnings]
  }
  assert.deepEqual(of('jobs:quiet'), [['own', 'jobs:quiet'], []])
  assert.deepEqual(of('jobs:quiet', []), [['own'], []])
  assert.deepEqual(of('puma:restart'), [['own'], []])
  assert.deepEqual(of('deploy:migrate'), [['own'], []])
  // listed twice, it still runs once
  assert.deepEqual(of('own'), [['own'], []])
})

test('an optional hook that names no task of a recipe that is used is a warning with the nearest name', () => {
  assert.deepEqual(registryWith({ task: 'jobs:queit', optional: true }).warnings, [
    'hook after "deploy:published" (config): the recipe jobs has no task "jobs:queit" (did you mean "jobs:quiet"?)',
  ])
  assert.deepEqual(registryWith({ task: 'mailer:stpo', optional: true }, [used('mailer')]).warnings, [
    'hook after "deploy:published" (config): the recipe mailer has no task "mailer:stpo" (did you mean "mailer:stop"?)',
  ])
})

test('an optional hook of a recipe follows the name that the recipe is used under', () => {
  const { before } = createRegistry(stageWith({ recipes: [used('mailer')] }))
  const hooks = (name: string) => before.get(name)?.map(({ task }) => task)
  assert.deepEqual(hooks('deploy:started'), ['mailer:quiet'])
  assert.deepEqual(hooks('deploy:updated'), [])
})

test('an optional hook on a task that does not exist is an error', () => {
  const stage = stageWith({ hooks: [{ after: { 'deploy:publishd': { task: 'x:y', optional: true } } }] })
  assert.throws(() => createRegistry(stage), { message: /there is no task "deploy:publishd" \(did you mean "deploy:published"\?\)/ })
})

test('a mistake in an optional hook is named', async (t) => {
  for (const [item, message] of [
    [`{ task: 'a', optional: false }`, /^hooks\.after\.deploy\.optional: expected true, found false/],
    [`[{ task: 'a' }]`, /^hooks\.after\.deploy\[0\]\.optional: /],
    [`{ task: 'a', optinal: true }`, /unknown key "optinal" \(did you mean "optional"\?\)/],
    [`{ task: '', optional: true }`, /^hooks\.after\.deploy\.task: /],
  ] as const) {
    const config = `export default { application: 'x', stages: { production: { servers: ['h'] } }, hooks: { after: { deploy: ${item} } } }`
    assert.match(shown(await refusal(stageOf(t, config))), message)
  }
})

test('an optional hook works from the command line, in YAML too, and a mistyped one is a warning of the run and of its plan', async (t) => {
  const project = place()
  t.after(project.remove)
  const config = (task: string, use: string) => `application: shop
deployTo: ${project.dir}/srv
repoUrl: ${project.dir}/none
ssh: { transport: local }
use: [${use}]
tasks: { check-all: { sequence: [deploy:check:directories] } }
hooks: { before: { check-all: { task: '${task}', optional: true } } }
stages: { production: { servers: [h1] } }
`
  project.write({ 'deploy.config.yaml': config('bundler:instal', '') })
  const absent = await project.shipit(['production', 'check-all', '--no-log'])
  assert.equal(absent.code, 0, absent.stdout + absent.stderr)
  assert.doesNotMatch(absent.stdout, /bundler/)
  project.write({ 'deploy.config.yaml': config('bundler:instal', 'bundler') })
  for (const words of [['check-all'], ['plan', 'check-all']]) {
    const { code, stdout, stderr } = await project.shipit(['production', ...words, '--no-log'])
    assert.equal(code, 0)
    assert.match(stdout + stderr, /⚠ hook before "check-all" \(config\): the recipe bundler has no task "bundler:instal" \(did you mean/)
  }
})
