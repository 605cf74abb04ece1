import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { execCommand } from '../../src/run/exec-command.ts'
import { runOnHosts } from '../../src/run/exec.ts'
import { shortPlan } from '../../src/plan/print-short.ts'
import { sh } from '../../src/shell/sh.ts'
import type { RunContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet, type Ran } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())

const config = (tasks: Record<string, unknown> = {}) => ({
  env: { LEVEL: 'info', SHARED: 'yes' },
  tasks,
  stages: { test: { servers: [{ host: 'a', env: { LEVEL: 'debug' } }, 'b'] } },
})
const lines = (ran: Ran) => ran.events.flatMap((event) => (event.type === 'step:output' ? [`${event.host} ${event.line}`] : [])).toSorted()
const same = (text: string) => text
const paint = { bold: same, dim: same, yellow: same, red: same }

test("a host's env reaches the steps of tasks there, and the plan shows it", async () => {
  const tasks = { level: { shows: true, steps: () => [sh`echo "$LEVEL $SHARED"`] } }
  const ran = await fleet.run(['level'], { config: config(tasks) })
  assert.deepEqual(lines(ran), ['a debug yes', 'b info yes'])
  const { plan } = await fleet.run(['level'], { config: config(tasks), planOnly: true })
  const text = shortPlan(plan!, 'plan', { columns: 100, paint })
  assert.match(text, /environment of the commands on a, b:\n {3}SHARED=yes\n {3}on a: LEVEL=debug\n {3}on b: LEVEL=info\n\n/)
  assert.equal(text.match(/echo "\$LEVEL/g)?.length, 1)
})

test("a host's env reaches what code runs there, and not what it runs on this machine", async () => {
  const found: string[] = []
  const run = async ({ on, local }: RunContext) => {
    for (const [host, level] of await on('all', (h) => h.capture`echo "$LEVEL"`)) found.push(`${host.name} ${level}`)
    found.push(`here ${await local.capture`echo "$LEVEL"`}`)
  }
  const ran = await fleet.run(['level'], { config: config({ level: { run } }) })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(found, ['a debug', 'b info', 'here info'])
})

test("a host's env reaches the command of exec there", async () => {
  const look: NonNullable<Parameters<Fleet['run']>[1]>['look'] = async (request) => ({
    exit: await runOnHosts({ ...request, commandFor: execCommand({ words: ['echo "$LEVEL" x'] }, request.stage) }),
  })
  assert.deepEqual(lines(await fleet.run([], { config: config(), look })), ['a debug x', 'b info x'])
})
