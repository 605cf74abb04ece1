import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { fullPlan } from '../../src/plan/print-full.ts'
import { stepsInLane } from '../../src/plan/plan.ts'
import { quoteBin } from '../../src/shell/quote.ts'
import { parts, render } from '../../src/shell/render.ts'
import { fail, warn } from '../../src/shell/messages.ts'
import { sh } from '../../src/shell/sh.ts'
import type { StepsContext } from '../../src/tasks/types.ts'
import type { Command } from '../../src/shell/types.ts'
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
  test(`the plan of ${what} is what runs, byte for byte, host by host`, async () => {
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
      const steps = lanes.flatMap(stepsInLane)
      const bytes = Buffer.concat(sent.get(host)!).toString('latin1')
      let at = 0
      for (const { task, command } of steps) {
        const { guards, body } = parts(command, { secrets: 'reveal' })
        for (const text of [...guards.map((guard) => guard.text), body]) {
          // text that may have a mistake is run by `eval`, as one quoted word
          const found = bytes.indexOf(command.spec.contained === true ? `( set -e\n${text}\n) ` : `eval ${quoteBin(text)}\n`, at)
          assert.ok(found >= 0, `${host} ${task}: not sent, or not in this order:\n${text}`)
          at = found
        }
        const printed = fullPlan(planned.plan!, 'plan')
        for (const line of render(command, { secrets: 'mask' }).toString('utf8').split('\n')) assert.ok(printed.includes(line), line)
      }
      // nothing else ran: the number of steps is the planned one
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

test('a plan groups hosts with the same steps, and marks code tasks', async () => {
  const planned = await fleet.run(['deploy'], {
    planOnly: true,
    config: { tasks: { look: { run: () => {} } }, hooks: { after: { 'deploy:published': 'look' } } },
  })
  const text = fullPlan(planned.plan!, 'plan')
  assert.match(text, /deploy:check:directories on a, b:\n {7}# make the directories\n {7}absent=/)
  assert.match(text, /look on a, b: code that decides when it runs/)
})

test('a secret reaches the host, and is in no event and no plan', async () => {
  const token = secret('s3cr3t\'with"quotes $and more')
  const ran = await fleet.run(['show'], {
    config: {
      tasks: { show: { steps: () => [sh`printf '%s' ${token} > srv/token; cat srv/token; printf '%s' ${token} | od -c | head -1`] } },
    },
  })
  assert.equal(ran.exit, 0)
  assert.ok(!JSON.stringify(ran.events).includes('s3cr3t'))
  const planned = await fleet.run(['show'], { planOnly: true, config: { tasks: { show: { steps: () => [sh`echo ${token}`] } } } })
  assert.match(fullPlan(planned.plan!, 'plan'), /echo \[secret\]/)
})

/** The failures and warnings that a plan of `deploy` reports with these steps as hooks. */
const foreseen = async (hooks: Record<'check' | 'updated' | 'published', Command[]>) => {
  const { exit, failures, end } = await fleet.run(['deploy'], {
    planOnly: true,
    config: {
      hooks: {
        before: { 'deploy:check': { steps: () => hooks.check }, 'deploy:updated': { steps: () => hooks.updated } },
        after: { 'deploy:published': { steps: ({ host }: StepsContext) => (host.name === 'b' ? hooks.published : []) } },
      },
    },
  })
  return {
    exit,
    told: failures.map(({ host, reason, hint }) => [host, reason, hint]),
    warned: (end.warnings ?? []).map(({ host, message }) => [host, message]),
    headline: end.headline,
  }
}

test('a plan fails with each fail() that the run would reach, and with none after those', async () => {
  const none = { check: [], updated: [], published: [] }
  const friday = fail('no deploys on Fridays', { hint: 'wait' })
  assert.deepEqual(await foreseen({ check: [friday], updated: [fail('later')], published: [fail('last')] }), {
    exit: 1,
    told: [
      ['a', 'no deploys on Fridays', 'wait'],
      ['b', 'no deploys on Fridays', 'wait'],
    ],
    warned: [],
    headline: 'this would fail; nothing was changed on any host',
  })
  assert.deepEqual((await foreseen({ ...none, published: [sh`true`, fail('not ready'), fail('never told')] })).told, [
    ['b', 'not ready', undefined],
  ])
})

test('a plan does not fail with warnings, guarded steps or allowed failures', async () => {
  const steps = [warn('x'), fail('y').allowFailure(), fail('z').unless(sh`test -e /`), fail('w').onlyIf(sh`test -e /nowhere`)]
  const { exit, told } = await foreseen({ check: steps, updated: steps, published: steps })
  assert.deepEqual({ exit, told }, { exit: 0, told: [] })
})

test('a plan warns at its end as its run would for certain, once for each host, and of nothing after a failure', async () => {
  const none = { check: [], updated: [], published: [] }
  const optional = fail('there is no monit', { hint: 'install it' }).allowFailure()
  const guarded = warn('perhaps').onlyIf(sh`test -e /nowhere`)
  assert.deepEqual((await foreseen({ ...none, check: [warn('look'), warn('look'), guarded], updated: [optional] })).warned, [
    ['a', 'look'],
    ['b', 'look'],
    ['a', 'there is no monit\ninstall it'],
    ['b', 'there is no monit\ninstall it'],
  ])
  const { exit, warned } = await foreseen({ check: [warn('look'), fail('no')], updated: [warn('later')], published: [] })
  assert.deepEqual(
    { exit, warned },
    {
      exit: 1,
      warned: [
        ['a', 'look'],
        ['b', 'look'],
      ],
    },
  )
})
