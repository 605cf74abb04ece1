import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { printPlan } from '../../src/plan/print.ts'
import { laneSteps } from '../../src/plan/plan.ts'
import { quoteBin } from '../../src/shell/quote.ts'
import { parts, render } from '../../src/shell/render.ts'
import { sh } from '../../src/shell/sh.ts'
import type { StepsContext } from '../../src/tasks/types.ts'
import { secret } from '../../src/values/secret.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())

const config = {
  linkedDirs: ['log'],
  env: { RAILS_ENV: 'production' },
  tasks: {
    notes: {
      steps: ({ host, paths }: StepsContext) => [
        sh`echo ${`it's ${host.name}`} >> ${paths.shared}/notes`,
        sh`test -s notes`
          .in(paths.shared)
          .unless(sh`test -d ${paths.shared}/nowhere`)
          .onlyIf(sh`true`),
      ],
    },
    once: { on: { roles: ['app'], primary: true } as const, steps: () => [sh`echo one host only`] },
  },
  hooks: { after: { 'deploy:updated': 'notes', 'deploy:published': 'once' } },
}

for (const [what, tasks] of [
  ['a first deploy', ['deploy']],
  ['a second deploy', ['deploy']],
  ['a rollback', ['deploy:rollback']],
] as const) {
  test(`the plan of ${what} is what then ran, byte for byte, host by host`, async () => {
    if (what !== 'a first deploy') fleet.commit('index', what)
    // releases are named by the clock: the same moment for both
    const now = new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000)
    const planned = await fleet.run(tasks, { config, planOnly: true, now })
    assert.equal(planned.exit, 0)
    const sent = new Map<string, Buffer[]>()
    const ran = await fleet.run(tasks, { config, now, onSend: (host, bytes) => sent.set(host, [...(sent.get(host) ?? []), bytes]) })
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
    for (const host of ['a', 'b']) {
      const lanes = planned.plan!.waves.flatMap((wave) =>
        wave.kind === 'steps' ? wave.lanes.filter((lane) => lane.host.name === host) : [],
      )
      const steps = lanes.flatMap(laneSteps)
      const bytes = Buffer.concat(sent.get(host)!).toString('latin1')
      let at = 0
      for (const { task, command } of steps) {
        const { guards, body } = parts(command, { secrets: 'reveal' })
        for (const text of [...guards.map((guard) => guard.text), body]) {
          // each text is run by `eval`, as one quoted word
          const found = bytes.indexOf(`eval ${quoteBin(text)}\n`, at)
          assert.ok(found >= 0, `${host} ${task}: not sent, or not in this order:\n${text}`)
          at = found
        }
        const printed = printPlan(planned.plan!, 'plan', { full: true })
        for (const line of render(command, { secrets: 'mask' }).toString('utf8').split('\n')) assert.ok(printed.includes(line), line)
      }
      // and nothing else ran: as many steps as were planned
      const began = ran.events.filter((event) => event.type === 'step:start' && event.host === host)
      assert.equal(began.length, steps.length)
    }
  })
}

test('a plan writes nothing and takes no lock', async () => {
  const other = await startFleet(['c'])
  try {
    const planned = await other.run(['deploy'], { planOnly: true })
    assert.equal(planned.exit, 0)
    assert.ok(planned.plan!.waves.length >= 3)
    assert.ok(!existsSync(other.on('c', '.')))
  } finally {
    await other.stop()
  }
})

test('hosts that agree are folded together, and code that decides is said to', async () => {
  const planned = await fleet.run(['deploy'], {
    planOnly: true,
    config: { tasks: { look: { run: () => {} } }, hooks: { after: { 'deploy:published': 'look' } } },
  })
  const text = printPlan(planned.plan!, 'plan', { full: true })
  assert.match(text, /deploy:check:directories on a, b:\n {7}# make the directories\n {7}mkdir -p "\$HOME"\/srv\/shared/)
  assert.match(text, /look on a, b: code that decides when it runs/)
})

test('a secret is in no event and no plan, and reaches the host', async () => {
  const token = secret('s3cr3t\'with"quotes $and more')
  const ran = await fleet.run(['show'], {
    config: {
      tasks: { show: { steps: () => [sh`printf '%s' ${token} > srv/token; cat srv/token; printf '%s' ${token} | od -c | head -1`] } },
    },
  })
  assert.equal(ran.exit, 0)
  assert.ok(!JSON.stringify(ran.events).includes('s3cr3t'))
  const planned = await fleet.run(['show'], { planOnly: true, config: { tasks: { show: { steps: () => [sh`echo ${token}`] } } } })
  assert.match(printPlan(planned.plan!, 'plan', { full: true }), /echo \[secret\]/)
})
