import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { z } from 'zod'
import { fact, sh } from '../../src/index.ts'
import { taskTree } from '../../src/run/task-tree.ts'
import { defineRecipe } from '../../src/tasks/define.ts'
import type { RunContext, StepsContext } from '../../src/tasks/types.ts'
import { resolveStage } from '../../src/config/stage.ts'
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
      recover: 'web:start',
      steps: ({ settings, facts }) => [sh`echo ${`restart-${settings.unit}-${(facts as { home?: string }).home}`} >>~/trace`],
    },
    start: { steps: ({ failure }) => [sh`echo ${`start-${failure?.ran('web:restart')}`} >>~/trace`] },
    warm: say('warm'),
  },
  hooks: { after: { 'web:restart': 'web:warm' } },
})
const run = (tasks: readonly string[], config: Record<string, unknown>, o: RunOptions = {}) => fleet.run(tasks, { ...o, config })

test('a task in override takes the place of the one of the recipe, with its hooks, settings and facts', async () => {
  const ran = await run(['web:restart'], {
    use: [web({ unit: 'x' })],
    override: {
      'web:restart': {
        steps: ({ settings, facts }: StepsContext<{ unit: string }, unknown, { home: string }>) => [
          sh`echo ${`own-${settings.unit}-${facts.home}`} >>~/trace`,
        ],
      },
    },
  })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(traced(), ['own-x-home', 'warm'])
})

test("the recipe's own task can be called by a sequence and by code, with its facts, and without hooks", async () => {
  for (const override of [
    { sequence: ['drain', 'web:restart:original', 'attach'] },
    {
      run: async ({ invoke }: RunContext) => {
        await invoke('drain')
        await invoke('web:restart:original')
        await invoke('attach')
      },
    },
  ]) {
    clearTrace(fleet)
    const ran = await run(['web:restart'], {
      use: [web()],
      tasks: { drain: say('drain'), attach: say('attach') },
      override: { 'web:restart': override },
    })
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
    assert.deepEqual(traced(), ['drain', 'restart-shop-home', 'attach', 'warm'])
  }
})

test("the recipe's recovery knows how far its own task got inside of another one", async () => {
  const ran = await run(['web:restart'], {
    use: [web()],
    tasks: { broken: say('broken', sh`exit 1`) },
    override: { 'web:restart': { sequence: ['web:restart:original', 'broken'] } },
  })
  assert.equal(ran.exit, 1)
  assert.deepEqual(traced(), ['restart-shop-home', 'broken', 'start-done'])
})

test('false switches a task off with its hooks, wherever it is named, and typing it is an error', async () => {
  const config = {
    use: [web()],
    tasks: {
      all: { sequence: ['one', 'web:restart', 'two'] },
      one: say('one'),
      two: say('two'),
      code: { run: ({ invoke }: RunContext) => invoke('web:restart') },
    },
    override: { 'web:restart': false },
    hooks: { after: { one: 'web:restart' } },
  }
  assert.equal((await run(['all'], config)).exit, 0)
  assert.deepEqual(traced(), ['one', 'two'])
  const code = await run(['code'], config)
  assert.equal(code.exit, 0)
  assert.ok(code.events.some((event) => event.type === 'log' && event.message === 'web:restart does not run: override switches it off'))
  await assert.rejects(run(['web:restart'], config), {
    exit: 2,
    message: 'web:restart does not run: override in the config switches it off',
    hint: "the recipe's own: shipit test web:restart:original",
  })
  assert.equal((await run(['web:restart:original'], config)).exit, 0)
  assert.deepEqual(traced(), ['one', 'two', 'restart-shop-home'])
})

test('a stage overrides a task in its own way, and null leaves it as it is', async () => {
  const { stages } = fleet.config() as { stages: { test: object } }
  const config = (own: unknown) => ({
    use: [web()],
    override: { 'web:warm': null, 'web:restart': false },
    stages: { test: { ...stages.test, override: { 'web:restart': own } } },
  })
  assert.equal((await run(['web:restart'], config(say('stage')))).exit, 0)
  assert.deepEqual(traced(), ['stage', 'warm'])
  clearTrace(fleet)
  assert.equal((await run(['web:restart'], config(null))).exit, 0)
  assert.deepEqual(traced(), ['restart-shop-home', 'warm'])
})

test('a recipe under another name is overridden by that name', async () => {
  const ran = await run(['site:restart'], {
    use: [web({}, { name: 'site' })],
    override: { 'site:restart': { sequence: ['site:restart:original'] } },
  })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(traced(), ['restart-shop-home', 'warm'])
})

test('tree shows what override has replaced or switched off', async () => {
  const config = {
    ...fleet.config(),
    use: [web()],
    override: { 'web:restart': { sequence: ['web:restart:original'] }, 'web:warm': false },
  }
  const stage = await resolveStage({ file: '/x/deploy.config.ts', text: '', config: config as never }, 'test', {})
  const lines = taskTree(stage, 'web:restart', { user: 'me', now: new Date() })
  assert.deepEqual(
    lines.map(({ name, depth, replacedBy, not }) => [name, depth, replacedBy, not]),
    [
      ['web:restart', 0, 'config', undefined],
      ['web:restart:original', 1, undefined, undefined],
      ['web:warm', 0, undefined, 'override switches it off'],
    ],
  )
})
