import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineRecipe, fact, sh } from '../../src/index.ts'
import { serviceStatus } from '../../src/kit/index.ts'
import type { LookRequest } from '../../src/run/look.ts'
import { pending } from '../../src/run/pending.ts'
import { releases } from '../../src/run/releases.ts'
import { status } from '../../src/run/status.ts'
import type { StageStatus } from '../../src/run/status-types.ts'
import { startFleet, type Fleet, type Ran, type RunOptions } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
  assert.equal((await fleet.run(['deploy'])).exit, 0)
})
after(() => fleet.stop())

const looks: Readonly<Record<string, NonNullable<RunOptions['look']>>> = {
  status: (request) => status({ ...request, check: false }),
  releases,
  pending: (request) => pending({ ...request, diff: true }),
}
/** Every file of every host: its name, mode, times, size and checksum. */
const files = (): string[] =>
  execFileSync('/bin/sh', ['-c', 'find . -printf "%p %m %T@ %C@ %s %l\\n"; find . -type f -exec cksum {} +'], {
    cwd: dirname(fleet.hosts[0]!.home),
    encoding: 'utf8',
  }).split('\n')
/** Waits until the hosts have ended every process of a run. */
const quiet = async (): Promise<void> => {
  for (let i = 0; i < 200 && fleet.hosts.some((host) => host.running().length > 0); i++) await sleep(50)
}
const show = async (o: RunOptions): Promise<{ readonly ran: Ran; readonly found: StageStatus }> => {
  let found: StageStatus | undefined
  const look = async (request: LookRequest) => {
    const looked = await status({ ...request, check: false })
    found = looked.result
    return looked
  }
  return { ran: await fleet.run([], { ...o, look }), found: found! }
}
const service = (name: string, list: string) => defineRecipe({ name, status: () => ({ one: serviceStatus([name], sh`echo ${list}`) }) })()

test('status, releases and pending write nothing on the hosts and take no lock', async () => {
  await quiet()
  for (const [name, look] of Object.entries(looks)) {
    const before = files()
    const ran = await fleet.run([], { look })
    await quiet()
    const after = files()
    assert.equal(ran.exit, 0, name)
    assert.ok(before.length > 50)
    assert.deepEqual([before.filter((line) => !after.includes(line)), after.filter((line) => !before.includes(line))], [[], []], name)
    assert.ok(!ran.events.some((event) => event.type === 'lock:taken'))
  }
})

test('status, releases and pending cost one script a host, with whatever the recipes ask', async () => {
  const use = ['one', 'two', 'three'].map((name) => service(name, `${name} 0 yes idle`))
  for (const [name, look] of Object.entries(looks)) {
    const sent: string[] = []
    const ran = await fleet.run([], {
      look,
      config: { use },
      onSend: (host, bytes) => bytes.toString().endsWith('exit 0\n') && sent.push(host),
    })
    assert.equal(ran.exit, 0)
    assert.deepEqual(sent.sort(), ['a', 'b'], name)
  }
})

test('status reports a recipe whose code throws or returns something else, and shows the others', async () => {
  const broken = defineRecipe({
    name: 'broken',
    status: () => {
      throw new Error('not today')
    },
  })()
  const wrong = defineRecipe({ name: 'wrong', status: () => ({ one: fact(sh`echo`, () => 'text' as never) }) })()
  const { ran, found } = await show({ config: { use: [broken, wrong, service('good', 'good 0 yes idle')] } })
  assert.equal(ran.exit, 1)
  const reasons = ran.failures.map(({ host, reason }) => `${host}: ${reason}`).sort()
  assert.match(reasons[0]!, /^a: .*status of broken.*not today/)
  assert.match(reasons[1]!, /^a: .*status of wrong.*status must return facts whose values are lists/)
  assert.equal(reasons.length, 4)
  assert.deepEqual(
    found.drift.filter(({ host }) => host === 'a').map(({ what }) => what),
    ['broken', 'wrong'].map((name) => `the services of ${name} are not known: its code failed`),
  )
  assert.deepEqual(
    found.hosts.map(({ services }) => services.map(({ name, state }) => `${name} ${state}`)),
    [['good idle'], ['good idle']],
  )
})

test('status of a recipe that could not be read is not in step', async () => {
  const silent = defineRecipe({ name: 'silent', status: () => ({ one: serviceStatus([], sh`exit 3`) }) })()
  const { found } = await show({ config: { use: [silent] }, filter: { hosts: 'a' } })
  assert.deepEqual(found.drift, [{ host: 'a', what: 'the services of silent are not known: the host did not answer' }])
})
