import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { raw } from '../../src/shell/raw.ts'
import { sh } from '../../src/shell/sh.ts'
import type { StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
  assert.equal((await fleet.run(['deploy'])).exit, 0)
})
after(() => fleet.stop())

const HEARTBEAT = 310

/** The process group of the keeper on a host, found by its `sleep` of one heartbeat. */
const keeperOf = (host: string): number | undefined => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== `sleep\0${HEARTBEAT / 1000}\0`) continue
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`SHIPIT_DEMO_HOST=${host}\0`)) continue
      return Number(/\) \S \d+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1])
    } catch {
      // the process has ended
    }
  }
  return undefined
}
const stopKeeper = async (host: string): Promise<number> => {
  for (;;) {
    const group = keeperOf(host)
    if (group !== undefined) {
      process.kill(-group, 'SIGSTOP')
      return group
    }
    await pause(5)
  }
}

/** A step on host b that ignores signals and logs each beat to `place`, and the recovery, which logs there too. */
const config = (place: string, escape: string) => ({
  tasks: {
    work: {
      recover: 'mend',
      steps: ({ host }: StepsContext) => [
        host.name === 'b' && sh`${raw(escape)} sh -c ${`trap "" HUP TERM; while :; do echo step >>${place}; sleep 0.02; done`}`,
      ],
    },
    mend: { steps: ({ host }: StepsContext) => [host.name === 'b' && sh`sleep 0.2; echo mended >> ${raw(place)}; sleep 0.5`] },
  },
  hooks: { after: { 'deploy:updated': 'work', 'deploy:failed': 'mend' } },
})

for (const [what, tasks, escape] of [
  ['a task', ['work'], ''],
  ['a task whose step has its own session', ['work'], 'setsid -w'],
  ['a deploy', ['deploy'], ''],
  ['a deploy whose step has its own session', ['deploy'], 'setsid -w'],
] as const) {
  test(`the recovery of ${what} runs on a host whose keeper was stopped, and only after the old step has ended`, async () => {
    const place = fleet.on('b', `../ran-${tasks[0]}-${escape.length}`)
    let group = 0
    const ran = await fleet.run(tasks, {
      heartbeat: HEARTBEAT,
      config: config(place, escape),
      onEvent: (event) => {
        if (event.type === 'step:start' && event.task === 'work') void stopKeeper('b').then((found) => (group = found))
      },
    })
    assert.equal(ran.exit, 3, JSON.stringify(ran.failures))
    assert.ok(group > 0)
    assert.ok(ran.done('b').includes('mend'), JSON.stringify(ran.events.filter(({ type }) => type === 'host:lost')))
    try {
      process.kill(-group, 'SIGCONT')
    } catch {
      // the process has ended, as it should
    }
    await pause(300)
    const lines = readFileSync(place, 'utf8').trim().split('\n')
    assert.equal(lines.indexOf('mended'), lines.length - 1, lines.slice(-5).join(' '))
    assert.ok(lines.length > 3)
  })
}

test('a stopped keeper is reported by the next run and the doctor, and the printed remedy frees the lock', async () => {
  const client = fleet.run(['deploy'], {
    heartbeat: HEARTBEAT,
    config: {
      tasks: { hold: { steps: ({ host }: StepsContext) => [host.name === 'a' && sh`touch ${raw(fleet.on('a', '../held'))}; sleep 30`] } },
      hooks: { after: { 'deploy:starting': 'hold' } },
    },
    onEvent: (event) => event.type === 'step:start' && event.task === 'hold' && void stopKeeper('a').then(() => fleet.cut('a', 'forGood')),
  })
  assert.equal((await client).exit, 3)
  assert.ok(existsSync(fleet.on('a', '../held')))
  fleet.mend('a')
  const locked = await fleet.run(['deploy'])
  assert.equal(locked.exit, 4)
  const [failure] = locked.failures
  assert.match(
    failure!.reason,
    /^locked by anna@desk: test deploy, since .*; the process that holds the lock there was stopped \(SIGSTOP\)/,
  )
  const doctor = await fleet.run([], { doctor: true })
  const found = doctor.findings.find(({ host, message }) => host === 'a' && message.includes('another run holds the lock'))
  assert.match(found!.message, /was stopped \(SIGSTOP\) and cannot release it$/)
  assert.equal(found!.remedy, failure!.hint)
  const [, command] = /^resume it: ssh .* '(kill -CONT [0-9 ]+)'; /.exec(failure!.hint!) ?? []
  execFileSync('sh', ['-c', command!])
  let exit: number | undefined
  for (const end = Date.now() + 20_000; exit !== 0 && Date.now() < end; await pause(200)) exit = (await fleet.run(['deploy'])).exit
  assert.equal(exit, 0)
})
