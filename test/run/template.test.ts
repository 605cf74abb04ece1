import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { fullPlan } from '../../src/plan/print-full.ts'
import { write } from '../../src/shell/write.ts'
import type { RunContext, StepsContext } from '../../src/tasks/types.ts'
import { secret } from '../../src/values/secret.ts'
import { startFleet, type Fleet, type RunOptions } from './support.ts'

let fleet: Fleet
/** the folder of the config */
let here: string
/** a folder on each host */
const there = (host: string) => join(dirname(fleet.on(host, '')), 'etc')
before(async () => {
  fleet = await startFleet(['a', 'b'])
  here = dirname(fleet.repo)
})
after(() => fleet.stop())
beforeEach(() => {
  for (const host of ['a', 'b']) rmSync(there(host), { recursive: true, force: true })
  mkdirSync(join(here, 'templates'), { recursive: true })
})

const put = (text: string) => writeFileSync(join(here, 'templates/app.conf'), text)
const steps = (make: (c: StepsContext) => ReturnType<typeof write>, more: RunOptions = {}) =>
  fleet.run(['conf'], { ...more, config: { tasks: { conf: { steps: (c: StepsContext) => [make(c)] } } } })

test('steps write what a template makes of each host', async () => {
  put('server_name {{ host.name }};\nroles {{ host.roles | join: "," }};\n')
  const ran = await steps((c) => write('~/etc/app.conf', c.template('templates/app.conf', { host: c.host })))
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(readFileSync(join(there('a'), 'app.conf'), 'utf8'), 'server_name a;\nroles app,db;\n')
  assert.equal(readFileSync(join(there('b'), 'app.conf'), 'utf8'), 'server_name b;\nroles app;\n')
  assert.equal(statSync(join(there('a'), 'app.conf')).mode & 0o777, 0o644)
})

test('code writes what a template makes', async () => {
  put('port {{ port }}\n')
  const task = {
    run: async ({ on, template }: RunContext) => {
      await on('db', (host) => host.write('~/etc/app.conf', template('templates/app.conf', { port: 80 })))
    },
  }
  const ran = await fleet.run(['conf'], { config: { tasks: { conf: task } } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(readFileSync(join(there('a'), 'app.conf'), 'utf8'), 'port 80\n')
  assert.ok(!existsSync(join(there('b'), 'app.conf')))
})

test('a secret in a template reaches the file, and neither the plan nor an event', async () => {
  put('host: db1\npassword: {{ password }}\n')
  const make = (c: StepsContext) => write('~/etc/app.conf', c.template('templates/app.conf', { password: secret('hunter2-rendered') }))
  const planned = await steps(make, { planOnly: true })
  const plan = fullPlan(planned.plan!, '')
  assert.match(plan, /host: db1\n.*password: \[secret\]/)
  const ran = await steps(make)
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(readFileSync(join(there('a'), 'app.conf'), 'utf8'), 'host: db1\npassword: hunter2-rendered\n')
  assert.equal(statSync(join(there('a'), 'app.conf')).mode & 0o777, 0o600)
  assert.doesNotMatch(plan + JSON.stringify(ran.events), /hunter2/)
})

test('a name that is missing in the data fails before any host runs a step, with the line of the template', async () => {
  put('a\nport {{ port }}\n')
  const ran = await steps((c) => write('~/etc/app.conf', c.template('templates/app.conf', {})))
  assert.equal(ran.exit, 2)
  const [failure] = ran.failures
  assert.match(failure!.reason, /the task conf: the data of the template has no port/)
  assert.match(failure!.reason + JSON.stringify(failure), /templates\/app\.conf:2/)
  assert.ok(!existsSync(join(there('a'), 'app.conf')))
})
