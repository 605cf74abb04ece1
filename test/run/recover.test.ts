import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { defineRecipe } from '../../src/tasks/define.ts'
import { warn } from '../../src/shell/messages.ts'
import { sh } from '../../src/shell/sh.ts'
import type { Command } from '../../src/shell/types.ts'
import type { StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
  assert.equal((await fleet.run(['deploy'])).exit, 0)
})
after(() => fleet.stop())

const word = (c: StepsContext, task: string): string => `${c.failure?.ran(task)}`
const config = (second: (c: StepsContext) => Command) => ({
  tasks: {
    first: { steps: () => [sh`true`] },
    second: { recover: 'mend', steps: (c: StepsContext) => [second(c)] },
    mend: { steps: (c: StepsContext) => [sh`echo ${word(c, 'first')} ${word(c, 'second')} > ${c.paths.deployTo}/mended`] },
  },
})
const mended = (host: string): string | undefined => {
  const file = fleet.on(host, 'mended')
  if (!existsSync(file)) return undefined
  const said = readFileSync(file, 'utf8').trim()
  rmSync(file)
  return said
}

test("a task's `recover` runs after a failure outside a deploy, and distinguishes failed tasks from done ones", async () => {
  const ran = await fleet.run(['first', 'second'], { config: config(({ host }) => (host.name === 'a' ? sh`exit 3` : sh`true`)) })
  assert.equal(ran.exit, 1)
  assert.equal(mended('a'), 'done failed')
  assert.equal(mended('b'), 'done done')
})

test("a task's `recover` runs after an interrupt outside a deploy, and knows which task was cut short", async () => {
  const ran = await fleet.run(['first', 'second'], {
    config: config(() => sh`sleep 60`),
    onEvent: (event, interrupt) => event.type === 'step:start' && event.task === 'second' && interrupt('SIGINT'),
  })
  assert.equal(ran.exit, 130)
  for (const host of ['a', 'b']) assert.match(mended(host) ?? '', /^done (started|no)$/)
})

const hooked = () => ({
  ...config(() => sh`true`),
  hooks: { before: { 'deploy:publishing': 'first' }, after: { 'deploy:published': 'second' } },
})

test("a task's `recover` runs in a deploy if no hook has it, for tasks that had not begun too", async () => {
  const failing = { ...hooked(), tasks: { ...hooked().tasks, first: { steps: () => [sh`exit 3`] } } }
  const ran = await fleet.run(['deploy'], { config: failing })
  assert.equal(ran.exit, 1)
  for (const host of ['a', 'b']) assert.match(mended(host) ?? '', /^(failed|started) no$/)
})

test("a task's `recover` runs once in a deploy if a hook of deploy:failed has it", async () => {
  const failing = { ...hooked(), tasks: { ...hooked().tasks, first: { steps: () => [sh`exit 3`] } } }
  const ran = await fleet.run(['deploy'], {
    config: { ...failing, hooks: { ...failing.hooks, after: { 'deploy:failed': 'mend', 'deploy:published': 'second' } } },
  })
  const began = ran.events.filter((event) => event.type === 'step:start' && event.task === 'mend')
  assert.equal(began.length, 2)
  for (const host of ['a', 'b']) assert.match(mended(host) ?? '', /^(failed|started) no$/)
})

test('a successful run does not run `recover`', async () => {
  assert.equal((await fleet.run(['second'], { config: config(() => sh`true`) })).exit, 0)
  assert.equal(mended('a'), undefined)
})

test('a step with an allowed failure is listed at the end of the run', async () => {
  const ran = await fleet.run(['warns'], {
    config: { tasks: { warns: { steps: () => [sh`echo jobs may be lost >&2; exit 1`.allowFailure(), sh`true`] } } },
  })
  assert.equal(ran.exit, 0)
  const told = ran.end.warnings?.toSorted((one, other) => `${one.host}`.localeCompare(`${other.host}`))
  assert.deepEqual(told, [
    { host: 'a', message: 'echo jobs may be lost >&2; exit 1: exit 1\njobs may be lost' },
    { host: 'b', message: 'echo jobs may be lost >&2; exit 1: exit 1\njobs may be lost' },
  ])
})

test('tasks without a step to run are not reported as done', async () => {
  const ran = await fleet.run(['idle'], { config: { tasks: { idle: { steps: () => [] } } } })
  assert.equal(ran.exit, 0)
  assert.equal(ran.end.headline, 'nothing was done')
  assert.match(ran.end.warnings?.[0]?.message ?? '', /nothing to do: idle had no step to run/)
})

test('a check without a step has found nothing wrong, in a plan too, whoever names it', async () => {
  const steps = () => []
  const config = {
    tasks: { look: { steps }, 'app:check': { steps }, also: { steps }, restart: { check: 'look', steps } },
    hooks: { before: { 'deploy:check': ['app:check', 'also'] } },
    use: [defineRecipe({ name: 'mill', tasks: { check: { steps } } })()],
  }
  for (const name of ['look', 'app:check', 'also', 'mill:check'])
    for (const planOnly of [false, true]) {
      const { exit, end } = await fleet.run([name], { config, planOnly })
      assert.deepEqual([exit, end.headline, end.warnings], [0, `${name} found nothing wrong on a, b`, []])
    }
  assert.equal((await fleet.run(['look', 'restart'], { config })).end.headline, 'nothing was done')
})

test('the name of a task of the config does not make it a check', async () => {
  const ran = await fleet.run(['spell:check'], { config: { tasks: { 'spell:check': { steps: () => [] } } } })
  assert.deepEqual([ran.exit, ran.end.headline], [0, 'nothing was done'])
  assert.match(ran.end.warnings?.[0]?.message ?? '', /nothing to do: spell:check had no step to run/)
})

test('a check that warns has not found nothing wrong', async () => {
  const { exit, end } = await fleet.run(['app:check'], { config: { tasks: { 'app:check': { steps: () => [warn('look')] } } } })
  assert.deepEqual([exit, end.headline], [0, 'done'])
})
