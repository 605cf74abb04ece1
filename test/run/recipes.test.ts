import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { z } from 'zod'
import { sh } from '../../src/shell/sh.ts'
import { defineRecipe } from '../../src/tasks/define.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())

type Ran = Awaited<ReturnType<Fleet['run']>>
const said = (ran: Ran) => {
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  return ran.events.flatMap((event) => (event.type === 'step:output' ? [event.line] : []))
}

const web = defineRecipe({
  name: 'web',
  settings: z.object({ port: z.number().default(80), host: z.string().default('x') }),
  tasks: { restart: { steps: () => [] } },
})
const absent = defineRecipe({ name: 'absent' })
const asks = defineRecipe({
  name: 'asks',
  settings: z.object({ of: z.custom<Parameters<typeof web>[0]>().optional() }),
  facts: (c) => ({ port: sh`echo fact ${c.settingsOf(web)?.port ?? 'none'}`.probe() }),
  tasks: {
    port: {
      steps: (c) => [
        sh`echo ${c.settingsOf(web)?.port ?? 'none'} ${c.settingsOf(absent) ? 'there' : 'absent'} ${c.facts['port']!.stdout.trim()}`,
      ],
    },
    code: { run: async (c) => void (await c.on('all', (h) => h.run`echo code ${c.settingsOf(web)?.host ?? 'none'}`)) },
  },
})

test("settingsOf() returns another recipe's settings, validated and computed, and undefined if it is not used", async () => {
  const use = [asks(), web({ host: ({ stage }) => `${stage}.example.com` })]
  assert.deepEqual(said(await fleet.run(['asks:port', 'asks:code'], { config: { use } })), ['80 absent fact 80', 'code test.example.com'])
  assert.deepEqual(said(await fleet.run(['asks:port', 'asks:code'], { config: { use: [asks()] } })), ['none absent fact none', 'code none'])
})

test('settingsOf() finds a recipe under another name, prefers its own name, and accepts the instance itself', async () => {
  const [second, third] = [web({ port: 2 }, { name: 'web2' }), web({ port: 3 }, { name: 'web3' })]
  assert.deepEqual(said(await fleet.run(['asks:port'], { config: { use: [second, third, asks()] } })), ['2 absent fact 2'])
  assert.deepEqual(said(await fleet.run(['asks:port'], { config: { use: [second, web({ port: 1 }), asks()] } })), ['1 absent fact 1'])
  const tasks = {
    own: { steps: (c: { settingsOf: (one: typeof third) => { port: number } | undefined }) => [sh`echo ${c.settingsOf(third)!.port}`] },
  }
  assert.deepEqual(said(await fleet.run(['own'], { config: { use: [second, third], tasks } })), ['3'])
})

const curious = defineRecipe({
  name: 'curious',
  facts: (c) => ({
    runs: sh`echo ${['restart', 'stop', 'late'].filter((name) => c.runs(`curious:${name}`)).join(' ')} ${String(c.runs('deploy:check'))}`.probe(),
  }),
  tasks: {
    restart: { steps: (c) => [sh`echo ${c.facts['runs']!.stdout.trim()}`] },
    stop: { steps: (c) => [sh`echo ${c.facts['runs']!.stdout.trim()}`] },
    late: { steps: () => [] },
    left: { when: () => false, steps: () => [] },
    both: { sequence: ['curious:restart'] },
  },
})

test('runs() distinguishes in facts the tasks that run: typed, hooked or in a sequence, and not skipped', async () => {
  const hooks = { after: { 'curious:restart': 'curious:late' } }
  assert.deepEqual(said(await fleet.run(['curious:restart'], { config: { use: [curious()], hooks } })), ['restart late false'])
  assert.deepEqual(said(await fleet.run(['curious:both'], { config: { use: [curious()] } })), ['restart false'])
  assert.deepEqual(said(await fleet.run(['curious:stop'], { config: { use: [curious()], hooks } })), ['stop false'])
})

test('runs() of a recipe under another name uses that name', async () => {
  const use = [curious({}, { name: 'other' }), curious()]
  assert.deepEqual(said(await fleet.run(['other:stop'], { config: { use } })), ['stop false'])
  assert.deepEqual(said(await fleet.run(['other:stop', 'curious:restart'], { config: { use } })), ['stop false', 'restart false'])
})

test("a recipe's env applies to steps, facts and code, and the config's env wins", async () => {
  const ruby = defineRecipe({
    name: 'ruby',
    env: ({ stage }) => ({ RUBY: 'three', STAGE: stage }),
    facts: () => ({ ruby: sh`echo $RUBY`.probe() }),
    tasks: {
      show: { steps: (c) => [sh`echo ${c.facts['ruby']!.stdout.trim()} $RUBY $STAGE`] },
      code: { run: async (c) => void (await c.on('all', (h) => h.run`echo $RUBY`)) },
    },
  })
  assert.deepEqual(said(await fleet.run(['ruby:show', 'ruby:code'], { config: { use: [ruby()], env: { STAGE: 'mine' } } })), [
    'three three mine',
    'three',
  ])
})
