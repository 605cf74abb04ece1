import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, beforeEach, test } from 'node:test'
import { z } from 'zod'
import { shortPlan } from '../../src/plan/print-short.ts'
import { planAsJson } from '../../src/plan/print-json.ts'
import { fullPlan } from '../../src/plan/print-full.ts'
import { sh } from '../../src/shell/sh.ts'
import { defineRecipe } from '../../src/tasks/define.ts'
import type { RunContext, StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet, type RunOptions } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())
beforeEach(() => {
  for (const host of ['a', 'b']) writeFileSync(fleet.on(host, '../trace'), '')
})

const traced = (host: string) => readFileSync(fleet.on(host, '../trace'), 'utf8').trim().split(/\s+/).filter(Boolean)
/** A task that notes its name, and how the run had gone. */
const trace = (name: string, also = sh`true`) => ({
  steps: ({ failure }: StepsContext) => [sh`echo ${failure === undefined ? name : `${name}!`} >>~/trace`, also],
})
const run = (tasks: readonly string[], config: Record<string, unknown>, o: RunOptions = {}) => fleet.run(tasks, { ...o, config })
const both = (expected: readonly string[]) => assert.deepEqual([traced('a'), traced('b')], [expected, expected])

test('a finally hook runs after its task and the hooks after that, and before the next task', async () => {
  const ran = await run(['go', 'next'], {
    tasks: { go: trace('go'), next: trace('next'), one: trace('one'), two: trace('two'), late: trace('late') },
    hooks: { finally: { go: ['one', 'two'] }, after: { go: 'late' } },
  })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  both(['go', 'late', 'one', 'two', 'next'])
})

test('a finally hook runs after a failure, on every host, once the others have ended, and gets the failure', async () => {
  const ran = await run(['go', 'next'], {
    tasks: {
      go: { steps: ({ host }: StepsContext) => [sh`echo go >>~/trace`, host.name === 'b' && sh`exit 4`] },
      next: trace('next'),
      clean: trace('clean'),
    },
    hooks: { finally: { go: 'clean' } },
  })
  assert.equal(ran.exit, 1)
  both(['go', 'clean!'])
  assert.deepEqual(
    ran.failures.map(({ task, host, reason }) => [task, host, reason]),
    [['go', 'b', 'exit 4']],
  )
})

test('a finally hook that fails does not hide the first failure, and the next one runs all the same', async () => {
  const config = (code: string) => ({
    tasks: { go: { steps: () => [sh`${'exit'} ${code}`] }, one: trace('one', sh`exit 9`), two: trace('two'), next: trace('next') },
    hooks: { finally: { go: ['one', 'two'] } },
  })
  const failed = await run(['go', 'next'], { ...config('0'), tasks: { ...config('0').tasks, go: { steps: () => [sh`exit 4`] } } })
  assert.equal(failed.exit, 1)
  both(['one!', 'two!'])
  assert.deepEqual(failed.failures.map(({ task, reason }) => `${task} ${reason}`).slice(0, 2), ['go exit 4', 'go exit 4'])
  assert.deepEqual([...new Set(failed.failures.map(({ task }) => task))], ['go', 'one'])
  for (const host of ['a', 'b']) writeFileSync(fleet.on(host, '../trace'), '')
  const well = await run(['go', 'next'], { ...config('0'), tasks: { ...config('0').tasks, go: trace('go') } })
  assert.equal(well.exit, 1)
  both(['go', 'one', 'two!'])
  assert.deepEqual([...new Set(well.failures.map(({ task, reason }) => `${task} ${reason}`))], ['one exit 9'])
})

test('Ctrl-C in a task runs its finally hook, and Ctrl-C in the hook does not stop it', async () => {
  for (const at of ['go', 'clean']) {
    for (const host of ['a', 'b']) writeFileSync(fleet.on(host, '../trace'), '')
    const ran = await run(
      ['go', 'next'],
      {
        tasks: {
          go: trace('go', at === 'go' ? sh`echo now; sleep 600` : sh`true`),
          next: trace('next'),
          clean: trace('clean', at === 'clean' ? sh`echo now; sleep 1; echo ended >>~/trace` : sh`true`),
        },
        hooks: { finally: { go: 'clean' } },
      },
      { onEvent: (event, interrupt) => event.type === 'step:output' && event.line === 'now' && interrupt('SIGINT') },
    )
    assert.equal(ran.exit, 130)
    both(at === 'go' ? ['go', 'clean!'] : ['go', 'clean', 'ended'])
    assert.deepEqual(ran.failures, [])
  }
})

test('finally hooks of a task that did not begin do not run, and those that have run do not run again', async () => {
  const ran = await run(['first', 'broken', 'never'], {
    tasks: {
      first: trace('first'),
      broken: trace('broken', sh`exit 1`),
      never: trace('never'),
      ...Object.fromEntries(['f', 'b', 'n'].map((name) => [name, trace(name)])),
    },
    hooks: { finally: { first: 'f', broken: 'b', never: 'n' } },
  })
  assert.equal(ran.exit, 1)
  both(['first', 'f', 'broken', 'b!'])
})

test('finally hooks of a sequence, of its parts and of hooks run from the inside to the outside', async () => {
  const names = ['a', 'b', 'c', 'inner', 'outer', 'hooked', 'around']
  const ran = await run(['all'], {
    tasks: {
      ...Object.fromEntries(names.map((name) => [name, trace(name)])),
      b: trace('b', sh`exit 1`),
      all: { sequence: ['a', 'part'] },
      part: { sequence: ['b', 'c'] },
    },
    hooks: { finally: { all: 'outer', part: 'inner', inner: 'around' }, before: { inner: 'hooked' } },
  })
  assert.equal(ran.exit, 1)
  both(['a', 'b', 'hooked!', 'inner!', 'around!', 'outer!'])
  for (const host of ['a', 'b']) writeFileSync(fleet.on(host, '../trace'), '')
  const well = await run(['all'], {
    tasks: {
      ...Object.fromEntries(names.map((name) => [name, trace(name)])),
      all: { sequence: ['a', 'part'] },
      part: { sequence: ['b', 'c'] },
    },
    hooks: { finally: { all: 'outer', part: 'inner', inner: 'around' }, before: { inner: 'hooked' } },
  })
  assert.equal(well.exit, 0)
  both(['a', 'b', 'c', 'hooked', 'inner', 'around', 'outer'])
})

test('a finally hook of a recipe, written in place, local, as code, optional or for one host works like any other', async () => {
  const said: string[] = []
  const shop = defineRecipe({
    name: 'page',
    settings: z.object({ text: z.string() }),
    tasks: { down: { steps: ({ settings }) => [sh`echo ${`down-${settings.text}`} >>~/trace`] } },
    hooks: { finally: { 'page:go': 'page:down', go: ['page:down', { on: 'db', steps: () => [sh`echo db >>~/trace`] }] } },
  })
  const ran = await run(['go'], {
    use: [shop({ text: 'x' })],
    tasks: { go: { steps: () => [sh`exit 1`] }, 'page:go': { sequence: ['go'] }, here: { on: 'local', steps: () => [sh`echo here`] } },
    hooks: {
      finally: {
        go: [
          'here',
          { task: 'page:nothing', optional: true },
          {
            run: async ({ on, failure }: RunContext) => {
              said.push(`${failure?.task} ${failure?.message}`)
              await on('all', (h) => h.run`echo code >>~/trace`)
            },
          },
        ],
      },
    },
  })
  assert.equal(ran.exit, 1)
  assert.deepEqual(
    [traced('a'), traced('b')],
    [
      ['down-x', 'db', 'code'],
      ['down-x', 'code'],
    ],
  )
  assert.deepEqual(said, ['go exit 1'])
  assert.ok(ran.events.some((event) => event.type === 'step:output' && event.line === 'here'))
})

test('a finally hook of a deploy runs whether it ends well, fails before the switch or after it', async () => {
  const config = (hooks: Record<string, unknown>) => ({
    tasks: { off: trace('off'), on: trace('on'), broken: { steps: () => [sh`exit 1`] }, notify: trace('notify') },
    hooks: { before: { 'deploy:publishing': 'off', ...hooks }, after: { 'deploy:failed': 'notify' }, finally: { deploy: 'on' } },
  })
  const well = await run(['deploy'], config({}))
  assert.equal(well.exit, 0, JSON.stringify(well.failures))
  both(['off', 'on'])
  const live = fleet.live('a')
  const early = await run(['deploy'], config({ 'deploy:updated': 'broken' }))
  assert.deepEqual([early.exit, fleet.live('a')], [1, live])
  both(['off', 'on', 'notify!', 'on!'])
  const late = await run(['deploy'], config({ 'deploy:finished': 'broken' }))
  assert.equal(late.exit, 7)
  both(['off', 'on', 'notify!', 'on!', 'off', 'notify!', 'on!'])
})

test('a finally hook runs on a host that was lost and can be reached again, and is missed on one that cannot', async () => {
  for (const how of [undefined, 'forGood'] as const) {
    for (const host of ['a', 'b']) writeFileSync(fleet.on(host, '../trace'), '')
    const ran = await run(
      ['go'],
      { tasks: { go: { on: 'db', steps: () => [sh`echo now; sleep 600`] }, clean: trace('clean') }, hooks: { finally: { go: 'clean' } } },
      { heartbeat: 300, onEvent: (event) => event.type === 'step:output' && event.line === 'now' && fleet.cut('a', how) },
    )
    fleet.mend('a')
    assert.equal(ran.exit, 3)
    assert.deepEqual(traced('a'), how === undefined ? ['clean!'] : [])
    const missed = ran.events.some((event) => event.type === 'log' && event.message.includes('clean did not run there'))
    assert.equal(missed, how === 'forGood')
  }
})

test('filters, roles and `when` leave hosts out of a finally hook, or the hook', async () => {
  const config = {
    tasks: { go: trace('go', sh`exit 1`), clean: { ...trace('clean'), on: 'all' }, no: { ...trace('no'), when: () => false } },
    hooks: { finally: { go: ['no', 'clean'] } },
  }
  const ran = await run(['go'], config, { filter: { hosts: ['b'] } })
  assert.equal(ran.exit, 1)
  assert.deepEqual([traced('a'), traced('b')], [[], ['go', 'clean!']])
})

test('the shares of a rolling task end before its finally hook, which may roll too', async () => {
  const order: string[] = []
  const ran = await run(
    ['go'],
    {
      tasks: { go: { ...trace('go'), rolling: { size: 1 } }, clean: { ...trace('clean', sh`exit 1`), rolling: { size: 1 } } },
      hooks: { finally: { go: 'clean' } },
    },
    { onEvent: (event) => event.type === 'task:start' && order.push(`${event.task} ${event.host}`) },
  )
  assert.equal(ran.exit, 1)
  assert.deepEqual(order, ['go a', 'go b', 'clean a', 'clean b'])
})

test('a step that follows until Ctrl-C has its finally hook afterwards, and is refused in one', async () => {
  const ran = await run(
    ['go'],
    {
      tasks: { go: { on: 'db', steps: () => [sh`echo now; sleep 600`.follow()] }, clean: trace('clean') },
      hooks: { finally: { go: 'clean' } },
    },
    { onEvent: (event, interrupt) => event.type === 'step:output' && event.line === 'now' && interrupt('SIGINT') },
  )
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  both(['clean'])
  const refused = await run(['go'], {
    tasks: { go: trace('go'), clean: { steps: () => [sh`tail -f x`.follow()] } },
    hooks: { finally: { go: 'clean' } },
  })
  assert.equal(refused.exit, 2)
  assert.match(refused.failures[0]!.reason, /clean follows until Ctrl-C, and a finally hook runs to its end/)
})

test('a finally hook on a check leaves the other checks as they are: all are reported', async () => {
  const ran = await run(['deploy'], {
    linkedFiles: ['missing-one'],
    tasks: { broken: { steps: () => [sh`exit 3`] }, clean: trace('clean') },
    hooks: { before: { 'deploy:check': 'broken' }, finally: { 'deploy:check': 'clean' } },
  })
  assert.equal(ran.exit, 1)
  assert.deepEqual([...new Set(ran.failures.map(({ task }) => task))], ['broken', 'deploy:check:linked_files'])
  both(['clean!'])
})

test('a plan shows finally hooks where they run, as waves of their own', async () => {
  const ran = await run(
    ['go', 'next'],
    { tasks: { go: trace('go'), next: trace('next'), clean: trace('clean') }, hooks: { finally: { go: 'clean' } } },
    { planOnly: true },
  )
  assert.equal(ran.exit, 0)
  both([])
  const plain = (text: string) => text
  const paint = { bold: plain, dim: plain, yellow: plain, red: plain }
  const short = shortPlan(ran.plan!, 'plan', { columns: 80, paint })
  assert.match(short, /1\. go on a, b\n[^]*2\. finally: clean on a, b\n {3}clean {2}echo clean >>~\/trace\n[^]*3\. next on a, b/)
  assert.match(fullPlan(ran.plan!, 'plan'), /2\. finally: clean\n {3}clean on a, b:\n {7}echo clean >>~\/trace/)
  const [head] = planAsJson(ran.plan!, 'plan', plain).split('\n')
  assert.deepEqual(
    (JSON.parse(head!) as { waves: { finally?: string }[] }).waves.map((wave) => wave.finally),
    [undefined, 'go', undefined],
  )
})

test('a secret in a finally hook is masked in every event', async () => {
  const { secret } = await import('../../src/values/secret.ts')
  const ran = await run(['go'], {
    tasks: { go: { steps: () => [sh`exit 1`] }, clean: { steps: () => [sh`echo ${secret('h1dden-in-finally')}; exit 2`] } },
    hooks: { finally: { go: 'clean' } },
  })
  assert.ok(ran.failures.length > 2)
  assert.ok(!JSON.stringify(ran.events).includes('h1dden-in-finally'))
})
