import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import type { RunContext, StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b', 'c'])
})
after(() => fleet.stop())

/** What each() returned, by the name of the host. */
const eachOf = async (on: unknown, o: Parameters<Fleet['run']>[1] = {}) => {
  const seen: [string, string][][] = []
  const run = async ({ each }: RunContext) => {
    const result = await each(async (h) => `${h.roles.join()} ${await h.capture`echo on ${h.name}`}`)
    seen.push([...result].map(([host, text]) => [host.name, text]))
  }
  const ran = await fleet.run(['look'], { ...o, config: { tasks: { look: { on, run } } } })
  return { ...ran, seen }
}

test('each() runs on the hosts that the on of its task selects, and returns their results', async () => {
  const all = await eachOf('app')
  assert.deepEqual(
    [all.exit, all.seen],
    [
      0,
      [
        [
          ['a', 'app,db on a'],
          ['b', 'app on b'],
          ['c', 'app on c'],
        ],
      ],
    ],
  )
  assert.deepEqual((await eachOf('db')).seen, [[['a', 'app,db on a']]])
  assert.deepEqual((await eachOf(() => ({ roles: ['app'], except: ['db'] }))).seen, [
    [
      ['b', 'app on b'],
      ['c', 'app on c'],
    ],
  ])
})

test('each() runs on every host that gets releases, if its task has no on', async () => {
  const { seen } = await eachOf(undefined)
  assert.deepEqual(
    seen[0]!.map(([name]) => name),
    ['a', 'b', 'c'],
  )
})

test('each() leaves out the hosts that --hosts leaves out', async () => {
  const { seen } = await eachOf('app', { filter: { hosts: ['b', 'c'] } })
  assert.deepEqual(
    seen[0]!.map(([name]) => name),
    ['b', 'c'],
  )
})

test('each() fails once every host has settled, and the task reports each of them', async () => {
  const ended: string[] = []
  const run = ({ each }: RunContext) =>
    each(async (h) => {
      if (h.name !== 'b') await h.run`exit 3`
      ended.push(h.name)
    })
  const ran = await fleet.run(['look'], { config: { tasks: { look: { on: 'app', run } } } })
  assert.equal(ran.exit, 1)
  assert.deepEqual(
    ran.failures.map(({ host }) => host),
    ['a', 'c'],
  )
  assert.deepEqual(ended, ['b'])
})

test('each() in a task that runs on this machine is an error that names on()', async () => {
  for (const on of ['local', () => 'local']) {
    const { exit, failures, seen } = await eachOf(on)
    assert.deepEqual([exit, seen, failures.length], [1, [], 1])
    assert.equal(failures[0]!.reason, "each() is for the hosts of a task, and look runs on this machine: its `on` is 'local'")
    assert.equal(failures[0]!.hint, "select hosts: on('all', async (h) => …)")
    assert.match(failures[0]!.where ?? '', /each\.test\.ts:\d+/)
  }
})

test('invoke() cannot be called inside of each()', async () => {
  const ran = await fleet.run(['look'], {
    config: {
      tasks: {
        other: { steps: () => [] },
        look: { on: 'db', run: ({ each, invoke }: RunContext) => each(() => invoke('other')) },
      },
    },
  })
  assert.match(ran.failures[0]!.reason, /invoke\('other'\) is inside of on\(\), on a/)
})

test('each() in a hook that follows a failure runs on the hosts that are left', async () => {
  const seen: string[] = []
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: {
        break: { on: 'db', run: async () => fleet.cut('a', 'forGood') },
        wait: { on: 'db', run: ({ each }: RunContext) => each((h) => h.run`true`) },
      },
      hooks: {
        before: { 'deploy:updated': ['break', 'wait'] },
        after: {
          'deploy:failed': { on: 'app', run: ({ each }: RunContext) => each(async (h) => void seen.push(await h.capture`echo ${h.name}`)) },
        },
      },
    },
  })
  fleet.mend('a')
  assert.notEqual(ran.exit, 0)
  assert.deepEqual(seen.toSorted(), ['b', 'c'])
})

test('hosts() with filtered: false names the whole stage, and on() refuses the hosts of it that are not in the run', async () => {
  const names: string[] = []
  const run = async ({ hosts, on }: RunContext) => {
    names.push(...hosts('app', { filtered: false }).map(({ name }) => name))
    await on(hosts('app', { filtered: false }), (h) => h.run`true`)
  }
  const ran = await fleet.run(['look'], { filter: { hosts: ['a'] }, config: { tasks: { look: { run } } } })
  assert.deepEqual(names, ['a', 'b', 'c'])
  assert.deepEqual(
    ran.failures.map(({ reason }) => reason),
    ['b is not a host of this run', 'c is not a host of this run'],
  )
})

test('a step of a task has the settings of its stage in config', async () => {
  const steps = ({ config }: StepsContext) => [sh`echo ${config.keepReleases} ${config.repoUrl!} ${config.linkedDirs}`]
  const ran = await fleet.run(['look'], { filter: { hosts: ['a'] }, config: { linkedDirs: ['log', 'tmp'], tasks: { look: { steps } } } })
  const lines = ran.events.flatMap((event) => (event.type === 'step:output' ? [event.line] : []))
  assert.deepEqual(lines, [`3 ${fleet.repo} log tmp`])
})
