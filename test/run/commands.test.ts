import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fullPlan } from '../../src/plan/print-full.ts'
import { sh } from '../../src/shell/sh.ts'
import type { RunContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet, type Ran } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())

const lines = (ran: Ran) => ran.events.flatMap((event) => (event.type === 'step:output' ? [event.line] : []))

test('commands apply to steps and to what code runs on hosts, not on this machine, and the plan shows them', async () => {
  const found: string[] = []
  const tasks = {
    steps: { shows: true, steps: () => [sh`greet x`] },
    here: { on: 'local', steps: () => [sh`! command -v greet`] },
    code: { run: async ({ on }: RunContext) => void (await on('all', async (h) => found.push(await h.capture`greet code`))) },
  }
  const config = { commands: { greet: ['printf', '%s\\n', 'good day'] }, tasks }
  const ran = await fleet.run(['steps', 'here', 'code'], { config })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual([lines(ran).slice(0, 2), found], [['good day', 'x'], ['good day\ncode']])
  const { plan } = await fleet.run(['steps'], { config, planOnly: true })
  assert.match(fullPlan(plan!, ''), /printf '%s\\n' 'good day' x/)
})

test("a deploy's own commands are not mapped", async () => {
  const programs = ['mkdir', 'tar', 'rm', 'mv', 'ln', 'cat', 'printf', 'test', 'cp', 'find', 'readlink', 'date']
  const ran = await fleet.run(['deploy'], { config: { commands: Object.fromEntries(programs.map((name) => [name, 'false'])) } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
})
