import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cannot, deployed, exits, hosts, installUnit, project, shipit, sidekiqState, until, wipe } from './harness.ts'

describe('sidekiq:status', { skip: cannot() }, () => {
  const { h1, h2 } = hosts('h1', 'h2')

  test('lists a process of each host in both scopes: one running, one down, one failed, and without Redis', async (t) => {
    await wipe(h1, h2)
    await Promise.all([installUnit(h1, 'user'), installUnit(h2, 'user')])
    const p = project({ servers: { h1: ['worker'], h2: ['worker'] }, use: '[bundler(), sidekiq()]' })
    const system = project({ use: `[sidekiq({ serviceUnitUser: 'system' })]` })
    t.after(() => [p, system].forEach((one) => one.remove()))
    exits(await shipit(p, ['production', 'deploy']), 0)
    const release = (await deployed(h1)).live!
    const { pid } = await sidekiqState(h1, 'user')
    const show = async (of = p) => {
      const outcome = await shipit(of, ['production', 'sidekiq:status'], { output: 'plain' })
      exits(outcome, 0)
      return { rows: outcome.stdout.split('\n'), warnings: outcome.stderr }
    }
    await until('Redis knows both', async () =>
      (await Promise.all([h1, h2].map((host) => sidekiqState(host, 'user')))).every((s) => s.processes.length > 0),
    )

    const up = await show()
    assert.match(up.rows[0]!, /^host +unit +state +PID +release +RSS MB +CPU % +busy +quiet$/)
    assert.match(up.rows[1]!, new RegExp(`^h1 +sidekiq +active \\d+ s +${pid} +${release} +\\d+.* +\\d+ +0/3 +no$`))
    assert.match(up.rows[2]!, /^h2 +sidekiq +active \d+ s +\d+ +\d{14} .* 0\/3 +no$/)
    assert.equal(up.rows.filter((row) => row.startsWith('queues in redis://127.0.0.1:6379/0: ')).length, 2)
    assert.equal(up.warnings, '')

    await h1.sh('systemctl --user stop sidekiq')
    await h2.root('systemctl stop redis-server')
    t.after(() => h2.root('systemctl start redis-server'))
    const down = await show()
    assert.match(down.rows[1]!, /^h1 +sidekiq +inactive \d+ s ! /)
    assert.match(down.rows[2]!, /^h2 +sidekiq +active \d+ s +\d+ +\d{14} .* - +-$/)
    assert.match(down.warnings, /Redis at redis:\/\/127\.0\.0\.1:6379\/0 \(.*\): connection refused.* \(h2\)/)

    await installUnit(h1, 'system', (unit) =>
      unit.replace(/^ExecStart=.*/m, 'ExecStart=/bin/false').replace('Restart=always', 'Restart=no'),
    )
    await h1.sh('sudo systemctl start sidekiq || true')
    assert.match((await show(system)).rows[1]!, /^h1 +sidekiq +failed \(exit-code\) \d+ s !/)
  })
})
