import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  beforePublishing,
  cannot,
  deployTo,
  deployed,
  exits,
  hosts,
  phaseNames,
  phases,
  project,
  said,
  shipit,
  spawnShipit,
  until,
  wipe,
} from './harness.ts'
import type { LabHost, Project } from './harness.ts'

describe('a deploy ended from outside', { skip: cannot(), concurrency: 2 }, () => {
  const { h1, h2, h3, h4 } = hosts('h1', 'h2', 'h3', 'h4')
  ended(['SIGKILL'], h1, h2)
  ended(['SIGINT', 'SIGTERM'], h3, h4)
})

function ended(signals: readonly ('SIGKILL' | 'SIGINT' | 'SIGTERM')[], one: LabHost, two: LabHost): void {
  describe(`by ${signals.join(' and ')}`, { concurrency: 1 }, () => {
    let p: Project
    before(async () => {
      p = project({ servers: { [one.name]: ['app'], [two.name]: ['app'] }, phases: true })
      await wipe(one, two)
      await Promise.all([one, two].map(phases.install))
      exits(await shipit(p, ['production', 'deploy']), 0)
    })
    after(() => p.remove())

    /** The live releases of both hosts, which are complete. */
    const live = async (): Promise<readonly string[]> => {
      const all = await Promise.all([deployed(one), deployed(two)])
      await Promise.all([one, two].map((host) => host.sh(`cd ${deployTo}/current && test -s REVISION && test -f worker.rb && test -L log`)))
      return all.map((host) => host.live ?? 'none')
    }
    const nextWorks = async (): Promise<void> => {
      const was = await live()
      exits(await shipit(p, ['production', 'deploy']), 0)
      const now = await live()
      assert.equal(now[0], now[1])
      assert.ok(now[0]! > was[0]!)
    }

    for (const phase of phaseNames) {
      const early = beforePublishing.includes(phase)
      for (const signal of signals) {
        if (signal === 'SIGTERM' && phase !== 'updated') continue
        test(`leaves no process and a free lock on ${signal} in deploy:${phase}, with ${early ? 'the old release' : 'the new release'} live`, async () => {
          const was = await live()
          await phases.hold(one, phase)
          const run = spawnShipit(p, ['production', 'deploy'])
          await run.event((e) => e.type === 'step:start' && e.task === `phase:${phase}` && e.host === one.name)
          await until('the host waits', () => phases.running(one))
          run.child.kill(signal)
          const outcome = await run.done
          if (signal === 'SIGKILL') await until('its processes are gone', async () => !(await phases.running(one)))
          else {
            exits(outcome, signal === 'SIGINT' ? 130 : 143)
            assert.equal(await phases.running(one), false, `a process was left on the host\n${said(outcome)}`)
            const end = outcome.events.findLast((e) => e.type === 'run:end')
            assert.ok(end?.type === 'run:end')
            assert.deepEqual(
              end.live.map((l) => l.release),
              await live(),
            )
          }
          const now = await live()
          if (early) assert.deepEqual(now, was)
          else assert.ok(now[0]! > was[0]! && now[0] === now[1])
          await phases.clear(one)
          await nextWorks()
        })
      }
    }

    if (signals.includes('SIGKILL'))
      test('leaves a complete release live on kill -9 at any event, and the next deploy works', async () => {
        const whole = await shipit(p, ['production', 'deploy'])
        exits(whole, 0)
        for (const part of [0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9]) {
          const run = spawnShipit(p, ['production', 'deploy'])
          await run.event(() => true, Math.ceil(whole.events.length * part))
          run.child.kill('SIGKILL')
          await run.done
          await live()
          await nextWorks()
        }
      })

    if (signals.includes('SIGINT'))
      test('ends at once on a second Ctrl-C', async (t) => {
        await phases.hold(one, 'updated')
        t.after(() => phases.clear(one))
        const run = spawnShipit(p, ['production', 'deploy'])
        await run.event((e) => e.type === 'step:start' && e.task === 'phase:updated' && e.host === one.name)
        run.child.kill('SIGINT')
        run.child.kill('SIGINT')
        assert.equal((await run.done).code, 130)
      })
  })
}
