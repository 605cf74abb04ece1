import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { defineRecipe } from '../../src/tasks/define.ts'
import { sh } from '../../src/shell/sh.ts'
import type { RunContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())

const oops = () => {
  throw new Error('oops')
}

test('an error that a task throws while tasks are ordered is a usage error with its location, without a stack', async () => {
  for (const task of [
    { when: oops, steps: () => [] },
    { on: oops, steps: () => [] },
  ]) {
    await assert.rejects(
      fleet.run(['bad'], { config: { tasks: { bad: task } } }),
      (error: { exit: number; where: string; message: string }) => {
        assert.deepEqual([error.exit, error.message], [2, 'the task bad: oops'])
        assert.match(error.where, /mistakes\.test\.ts:\d+/)
        return true
      },
    )
  }
  const recipe = defineRecipe({ name: 'mine', hooks: oops as never })
  await assert.rejects(fleet.run(['deploy'], { config: { use: [recipe()] } }), { exit: 2, message: 'the hooks of mine: oops' })
})

test("an error that a recipe's facts throw is reported with host and location", async () => {
  const recipe = defineRecipe({ name: 'mine', facts: oops as never, tasks: { go: { steps: () => [sh`true`] } } })
  const ran = await fleet.run(['mine:go'], { config: { use: [recipe()] } })
  assert.equal(ran.exit, 1)
  assert.deepEqual(
    ran.failures.map(({ host, reason }) => [host, reason]),
    [
      ['a', 'the facts of mine: oops'],
      ['b', 'the facts of mine: oops'],
    ],
  )
  assert.match(ran.failures[0]!.where ?? '', /mistakes\.test\.ts/)
})

test('steps that are not a list of commands are an error that says what they are', async () => {
  for (const [steps, message] of [
    [() => sh`true`, /steps must return a list of commands, not one command/],
    [() => ['ls'], /^the task bad: a step must be a command, not the string "ls"$/],
    [() => [42], /^the task bad: a step must be a command, not a number$/],
    [async () => [], /not a promise: .* uses run/],
  ] as const) {
    const ran = await fleet.run(['bad'], { config: { tasks: { bad: { steps } } } })
    assert.equal(ran.exit, 2)
    assert.match(ran.failures[0]!.reason, message)
    if (message.source.includes('must be')) assert.match(ran.failures[0]!.hint ?? '', /^write .*sh`…`/)
  }
})

test('a table row that is not an object fails its task, and earlier logs are kept', async () => {
  const bad = {
    run: async ({ log }: RunContext) => {
      log.info('before')
      log.table([{ a: 1 }, null as never])
    },
  }
  const ran = await fleet.run(['bad'], { config: { tasks: { bad } } })
  assert.equal(ran.exit, 1)
  assert.match(ran.failures[0]!.reason, /log\.table\(\) takes a list of objects: row 2 is something else/)
  assert.match(ran.failures[0]!.where ?? '', /mistakes\.test\.ts/)
  assert.ok(ran.events.some((event) => event.type === 'log' && event.message === 'before'))
})

test('a filter that skips a task for one host causes a warning', async () => {
  const config = {
    tasks: { migrate: { on: { roles: ['db'], primary: true } as const, steps: () => [sh`echo migrate`] } },
    hooks: { after: { 'deploy:updated': 'migrate' } },
  }
  const ran = await fleet.run(['deploy'], { config, filter: { hosts: 'b' } })
  assert.equal(ran.exit, 0)
  assert.ok(
    ran.events.some(
      (event) =>
        event.type === 'log' &&
        event.level === 'warn' &&
        event.message === 'migrate does not run: it is for a, which the filters leave out',
    ),
  )
  const whole = await fleet.run(['deploy'], { config })
  assert.ok(!whole.events.some((event) => event.type === 'log' && event.level === 'warn'))
})

test("one server under two names is reported as such, not as another run's lock", async () => {
  const servers = ['x', 'y'].map((host) => ({ host, ssh: { transport: 'local' } }))
  const config = { deployTo: join(fleet.repo, '..', 'local'), stages: { test: { servers } } }
  const ran = await fleet.run(['deploy'], { config })
  assert.equal(ran.exit, 2)
  assert.deepEqual(
    ran.failures.map(({ host }) => host),
    ['y'],
  )
  assert.match(ran.failures[0]!.reason, /another host of this run is the same server/)
  const twins = async (more = {}) =>
    (await fleet.run([], { doctor: true, config: { ...config, ...more } })).findings
      .filter(({ message }) => /same server/.test(message))
      .map(({ host, level, message, remedy }) => [host, level, message, remedy])
  const told = [['y', 'error', ran.failures[0]!.reason, ran.failures[0]!.hint]]
  assert.deepEqual(await twins(), told, 'the doctor says what a deploy says')
  const deployTo = join(fleet.repo, '..', 'not there', 'yet')
  assert.deepEqual(await twins({ deployTo }), [['y', 'error', told[0]![2]!.replace(config.deployTo, deployTo), told[0]![3]]])
  assert.deepEqual(await twins({ stages: { test: { servers: [servers[0], { ...servers[1], release: false }] } } }), [])
  assert.deepEqual(
    (await fleet.run([], { doctor: true })).findings.filter(({ message }) => /same server/.test(message)),
    [],
  )
})

test('a task that asks the repository needs a repoUrl', async () => {
  for (const task of ['deploy', 'git:check', 'deploy:check'])
    await assert.rejects(fleet.run([task], { config: { repoUrl: undefined } }), { exit: 2, message: /^repoUrl is not set/ })
})

test('a part of a deploy without a repoUrl has both errors in one message, and a part of a rollback only one', async () => {
  const both = {
    exit: 2,
    message: /^deploy:updating runs as a part of deploy/,
    hint: /^repoUrl is not set, which a deploy needs: add .*; then shipit test deploy$/,
  }
  await assert.rejects(fleet.run(['deploy:updating'], { config: { repoUrl: undefined } }), both)
  await assert.rejects(fleet.run(['deploy:updating']), { hint: 'shipit test deploy' })
  await assert.rejects(fleet.run(['deploy:reverting'], { config: { repoUrl: undefined } }), { hint: 'shipit test deploy:rollback' })
})

test('a task whose `when` or `where` returns undefined is a mistake, and runs nowhere', async () => {
  const refused = (task: object) =>
    assert.rejects(fleet.run(['x'], { config: { tasks: { x: { steps: () => [sh`true`], ...task } } } }), {
      exit: 2,
      message: /^the task x: whe(n|re) returned undefined.*: it must return true or false/,
    })
  await refused({ when: () => undefined })
  await refused({ on: { where: () => undefined } })
})
