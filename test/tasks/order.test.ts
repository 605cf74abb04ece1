import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineRecipe } from '../../src/tasks/define.ts'
import { orderTasks } from '../../src/tasks/order.ts'
import { createRegistry } from '../../src/tasks/registry.ts'
import type { AnyTask } from '../../src/tasks/types.ts'
import { stageWith } from './support.ts'

const nothing: AnyTask = { steps: () => [] }
const names = (stage: ReturnType<typeof stageWith>, ...tasks: string[]) =>
  orderTasks(createRegistry(stage), tasks).map((entry) => (entry.kind === 'barrier' ? entry.barrier : entry.task.name))

test('a deploy has its phases, sub-tasks and three barriers in this order', () => {
  assert.deepEqual(names(stageWith(), 'deploy'), [
    'git:check',
    'deploy:check:directories',
    'deploy:check:linked_dirs',
    'deploy:check:make_linked_dirs',
    'deploy:check:linked_files',
    '|checked',
    'deploy:new_release_path',
    'git:clone',
    'git:update',
    'git:create_release',
    'deploy:set_current_revision',
    'deploy:set_current_revision_time',
    'deploy:upload_linked_files',
    'deploy:symlink:linked_files',
    'deploy:symlink:linked_dirs',
    'deploy:prepare_switch',
    '|ready',
    'deploy:symlink:release',
    '|live',
    'deploy:cleanup',
    'deploy:log_revision',
    'deploy:record_good',
  ])
})

test('hooks run before and after any task, in the order in which they are declared', () => {
  const stage = stageWith({
    tasks: { a: nothing, b: nothing, c: nothing, d: nothing, e: nothing },
    hooks: [
      {
        before: { 'deploy:check': 'a', 'deploy:publishing': 'b' },
        after: { 'deploy:check': ['c', nothing], 'deploy:symlink:release': 'd', a: 'e' },
      },
      { after: { 'deploy:check': 'b', 'deploy:published': 'a' } },
    ],
  })
  const order = names(stage, 'deploy')
  const at = (name: string) => order.indexOf(name)
  assert.deepEqual(order.slice(0, 2), ['a', 'e'])
  // the check's hooks are part of it: the barrier comes after them
  assert.deepEqual(order.slice(at('deploy:check:linked_files') + 1, at('|checked') + 1), [
    'c',
    'after deploy:check (config, hook 2)',
    'b',
    '|checked',
  ])
  // a hook before publishing runs after every host is ready
  assert.deepEqual(order.slice(at('|ready'), at('|ready') + 3), ['|ready', 'b', 'deploy:symlink:release'])
  // no hook of the switch runs before all hosts have switched
  assert.deepEqual(order.slice(at('deploy:symlink:release'), at('deploy:cleanup')), ['deploy:symlink:release', '|live', 'd', 'a', 'e'])
})

test('deploy:restart is empty, and deploy runs it after deploy:published', () => {
  const stage = stageWith({
    tasks: { restart: nothing, smoke: nothing },
    hooks: [{ after: { 'deploy:restart': 'restart', 'deploy:published': 'smoke' } }],
  })
  const order = names(stage, 'deploy')
  assert.deepEqual(order.slice(order.indexOf('|live') + 1), [
    'smoke',
    'restart',
    'deploy:cleanup',
    'deploy:log_revision',
    'deploy:record_good',
  ])
})

test('a hook on or to an unknown task is an error with the nearest name', () => {
  assert.throws(() => createRegistry(stageWith({ hooks: [{ after: { 'deploy:publishd': nothing } }] })), {
    message: 'hook after "deploy:publishd" (config): there is no task "deploy:publishd" (did you mean "deploy:published"?)',
    exit: 2,
  })
  assert.throws(
    () => createRegistry(stageWith({ tasks: { restart: nothing }, hooks: [{ after: { deploy: 'restrat' } }] })),
    /"restrat".*did you mean "restart"/,
  )
  assert.throws(
    () => createRegistry(stageWith({ tasks: { all: { sequence: ['deploy', 'smoek'] }, smoke: nothing } })),
    /the sequence of "all": there is no task "smoek" \(did you mean "smoke"\?\)/,
  )
})

test("a recipe's task that already begins with the recipe's name is an error", () => {
  const steps = () => []
  assert.throws(() => defineRecipe({ name: 'pages', tasks: { 'pages:count': { steps } } }), {
    name: 'TypeError',
    message:
      'defineRecipe: the task "pages:count" of "pages" would be called pages:pages:count: leave out "pages:", because shipit adds the recipe\'s name',
  })
  defineRecipe({ name: 'pages', tasks: { count: { steps }, 'sub:pages': { steps }, ':pages:all': { steps } } })
})

test('an unknown task is an error with the nearest name, and a circle with its tasks', () => {
  assert.throws(() => names(stageWith(), 'deploy:rolback'), {
    message: 'unknown task "deploy:rolback" (did you mean "deploy:rollback"?)',
    exit: 2,
  })
  const circle = stageWith({ tasks: { a: { sequence: ['b'] }, b: { sequence: ['a'] } } })
  assert.throws(() => names(circle, 'a'), { message: 'circular tasks: a → b → a', exit: 2 })
})

test("a recipe's tasks and hooks have the name it is used under, and the config may replace them", () => {
  const make = defineRecipe({
    name: 'worker',
    tasks: { stop: nothing, start: nothing, ':deploy:migrate': nothing } as Record<string, AnyTask>,
    hooks: { after: { 'deploy:starting': 'worker:stop', 'worker:stop': 'worker:start' } } as never,
  }) as (settings?: object, options?: { name?: string; hooks?: false }) => never
  const used = (...recipes: [Record<string, unknown>, { name?: string; hooks?: false }][]) =>
    stageWith({
      recipes: recipes.map(([settings, options]) => ({ recipe: make(settings, options), name: options.name ?? 'worker', settings })),
    })
  const order = names(used([{}, {}], [{}, { name: 'mailer' }]), 'deploy')
  assert.deepEqual(order.slice(order.indexOf('|checked') + 1, order.indexOf('|checked') + 5), [
    'worker:stop',
    'worker:start',
    'mailer:stop',
    'mailer:start',
  ])
  assert.ok(!names(used([{}, { hooks: false }]), 'deploy').includes('worker:stop'))
  const own: AnyTask = { steps: () => [] }
  const registry = createRegistry({ ...used([{}, {}]), tasks: { 'worker:stop': own } })
  assert.equal(registry.tasks.get('worker:stop')!.def, own)
  assert.ok(registry.tasks.has('deploy:migrate'))
})
