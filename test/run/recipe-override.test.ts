import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { z } from 'zod'
import { fact, sh } from '../../src/index.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { staticProblems } from '../../src/config/static-checks.ts'
import { taskTree } from '../../src/run/task-tree.ts'
import { defineRecipe } from '../../src/tasks/define.ts'
import type { RunContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet, type RunOptions } from './support.ts'
import { clearTrace, say, traceOf } from './traces.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())
beforeEach(() => clearTrace(fleet))

const traced = () => traceOf(fleet)
const web = defineRecipe({
  name: 'web',
  settings: z.object({ unit: z.string().default('shop') }),
  facts: (c) => c.runs('web:restart') && { home: fact(sh`echo home`, ({ stdout }) => stdout.trim()) },
  tasks: {
    restart: {
      description: 'Restart',
      steps: ({ settings, facts }) => [sh`echo ${`restart-${settings.unit}-${(facts as { home?: string }).home}`} >>~/trace`],
    },
    warm: say('warm'),
    log: { args: z.object({ lines: z.number().default(1) }), steps: ({ args }) => [sh`echo ${`log-${args.lines}`} >>~/trace`] },
  },
  hooks: { after: { 'web:restart': 'web:warm' } },
})
const balancer = defineRecipe({
  name: 'balancer',
  settings: z.object({ pool: z.string().default('main') }),
  facts: () => ({ kernel: fact(sh`echo linux`, ({ stdout }) => stdout.trim()) }),
  tasks: {
    detach: { steps: ({ settings }) => [sh`echo ${`detach-${settings.pool}`} >>~/trace`] },
    attach: { steps: ({ settings, failure }) => [sh`echo ${`attach-${settings.pool}${failure ? '!' : ''}`} >>~/trace`] },
  },
  override: { 'web:restart': { recover: 'balancer:attach', sequence: ['balancer:detach', 'web:restart:original', 'balancer:attach'] } },
})
const run = (tasks: readonly string[], config: Record<string, unknown>, o: RunOptions = {}) => fleet.run(tasks, { ...o, config })
const messages = (config: Record<string, unknown>) =>
  staticProblems({ application: 'shop', stages: { p: { servers: ['a'] } }, ...config }).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  )

test("a recipe puts a task in the place of another recipe's, whatever the order of use, and the hooks on the name stay", async () => {
  for (const use of [
    [web({ unit: 'x' }), balancer()],
    [balancer(), web({ unit: 'x' })],
  ]) {
    clearTrace(fleet)
    const ran = await run(['web:restart'], { use })
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
    assert.deepEqual(traced(), ['detach-main', 'restart-x-home', 'attach-main', 'warm'])
  }
})

test('a task of override in a recipe has the settings, the facts and the name of its own recipe', async () => {
  const other = defineRecipe({
    name: 'other',
    settings: z.object({ word: z.string() }),
    facts: (c) => c.runs('web:restart') && { kernel: fact(sh`echo linux`, ({ stdout }) => stdout.trim()) },
    tasks: { it: say('it') },
    override: {
      'web:restart': {
        steps: ({ settings, facts, usedAs, settingsOf }) => [
          sh`echo ${[settings.word, (facts as { kernel?: string }).kernel, usedAs, settingsOf(web)?.unit].join('-')} >>~/trace`,
        ],
      },
      'web:log': { args: z.object({ count: z.number().default(3) }), steps: ({ args }) => [sh`echo ${`count-${args.count}`} >>~/trace`] },
      'web:warm': null,
    },
  })
  const ran = await run(['web:restart', 'web:log'], { use: [web(), other({ word: 'w' }, { name: 'o2' })] })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(traced(), ['w-linux-o2-shop', 'warm', 'count-3'])
})

test("code of a recipe calls the original, and its own tasks by the recipe's name", async () => {
  const code = defineRecipe({
    name: 'code',
    tasks: { before: say('before') },
    override: {
      'web:restart': {
        run: async ({ invoke }: RunContext) => {
          await invoke('code:before')
          await invoke('web:restart:original')
        },
      },
    },
  })
  const ran = await run(['web:restart'], { use: [web(), code({}, { name: 'c2' })] })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(traced(), ['before', 'restart-shop-home', 'warm'])
})

test("false in a recipe's override switches a task off, and typing it is an error that names the recipe", async () => {
  const quiet = defineRecipe({ name: 'quiet', override: { 'web:warm': false } })
  const use = [web(), quiet()]
  assert.equal((await run(['web:restart'], { use })).exit, 0)
  assert.deepEqual(traced(), ['restart-shop-home'])
  await assert.rejects(run(['web:warm'], { use }), {
    exit: 2,
    message: 'web:warm does not run: override in quiet switches it off',
    hint: "the recipe's own: shipit test web:warm:original",
  })
})

test("the config's override decides, with the recipe's own task as the original", async () => {
  const ran = await run(['web:restart'], { use: [web(), balancer()], override: { 'web:restart': { sequence: ['web:restart:original'] } } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(traced(), ['restart-shop-home', 'warm'])
  clearTrace(fleet)
  assert.equal((await run(['web:restart'], { use: [web(), balancer()], override: { 'web:restart': null } })).exit, 0)
  assert.deepEqual(traced(), ['detach-main', 'restart-shop-home', 'attach-main', 'warm'])
})

test('two recipes that override one task are an error that names both, unless the config decides', async () => {
  const other = defineRecipe({ name: 'other', override: { 'web:restart': false } })
  const use = [web(), balancer(), other()]
  const message =
    "use.2: balancer and other both override web:restart: decide in the config, with override: { 'web:restart': … }, or leave one out"
  assert.deepEqual(messages({ use }), [message])
  await assert.rejects(run(['web:restart'], { use }), { exit: 2, message: 'balancer and other both override web:restart' })
  assert.deepEqual(messages({ use, override: { 'web:restart': false } }), [])
  assert.deepEqual(messages({ use: [web(), balancer(), balancer({}, { name: 'second' })] }), [
    "use.2: balancer and second both override web:restart: decide in the config, with override: { 'web:restart': … }, or leave one out",
  ])
})

test("an override of a task that no other recipe has is a mistake at the recipe's place", () => {
  const wrong = defineRecipe({
    name: 'wrong',
    tasks: { own: say('own') },
    override: { 'web:restrat': false, 'deploy:cleanup': false, 'wrong:own': false, 'web:restart:original': false },
  })
  assert.deepEqual(messages({ use: [web(), wrong()] }), [
    'use.1: wrong overrides web:restrat, and no recipe of the stage has such a task (did you mean "web:restart"?)',
    "use.1: wrong overrides deploy:cleanup, which is shipit's own: put it into tasks of the recipe: ':deploy:cleanup'",
    'use.1: wrong overrides wrong:own, its own task: change the task itself',
    'use.1: wrong overrides web:restart:original, and no recipe of the stage has such a task',
  ])
  const sequence = defineRecipe({ name: 'seq', override: { 'web:restart': { sequence: ['web:restart:orginal'] } } })
  assert.match(
    messages({ use: [web(), sequence()] }).join('\n'),
    /^use\.1: the sequence of "web:restart": there is no task "web:restart:orginal"/,
  )
})

test('the recovery of an override runs if the original fails', async () => {
  const broken = defineRecipe({ name: 'web', tasks: { restart: say('broken', sh`exit 1`) } })
  const guard = defineRecipe({
    name: 'guard',
    tasks: { back: { steps: ({ failure }) => [sh`echo ${`back-${failure?.ran('web:restart:original')}`} >>~/trace`] } },
    override: { 'web:restart': { recover: 'guard:back', run: async ({ invoke }: RunContext) => invoke('web:restart:original') } },
  })
  const ran = await run(['web:restart'], { use: [broken(), guard()] })
  assert.equal(ran.exit, 1)
  assert.deepEqual(traced(), ['broken', 'back-failed'])
})

test('tree names the recipe that has replaced a task', async () => {
  const config = { ...fleet.config(), use: [web(), balancer()] }
  const stage = await resolveStage({ file: '/x/deploy.config.ts', text: '', config: config as never }, 'test', {})
  const lines = taskTree(stage, 'web:restart', { user: 'me', now: new Date() })
  assert.deepEqual(
    lines.map(({ name, replacedBy }) => [name, replacedBy]),
    [
      ['web:restart', 'balancer'],
      ['balancer:detach', undefined],
      ['web:restart:original', undefined],
      ['balancer:attach', undefined],
      ['web:warm', undefined],
    ],
  )
})
