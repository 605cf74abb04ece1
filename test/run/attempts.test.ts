import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { after, before, mock, test } from 'node:test'
import { secret } from '../../src/values/secret.ts'
import { sh } from '../../src/shell/sh.ts'
import type { RunContext, StepsContext } from '../../src/tasks/types.ts'
import { createState } from '../../src/run/state.ts'
import { reportWaiting } from '../../src/run/wait-notice.ts'
import type { RunEvent } from '../../src/events/types.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())

const often = { every: '1s', for: '10m' } as const

test('code that reads a command gets what its last try printed, and nothing of the others', async () => {
  let printed = ''
  const ran = await fleet.run(['look'], {
    config: {
      tasks: {
        look: {
          run: async ({ on, log }: RunContext) => {
            const [first] = await on('db', async (h) => {
              printed = await h.capture(
                sh`echo x >>~/tries; printf 'unfinished'; test "$(wc -l <~/tries)" -ge 3; echo; echo third`.retry(often),
              )
              return h.run(sh`echo one; echo err >&2; false`.orElse(sh`echo two`))
            })
            log.info(JSON.stringify(first![1].stdout + first![1].stderr))
          },
        },
      },
    },
  })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(printed, 'unfinished\nthird')
  assert.ok(ran.events.some((event) => event.type === 'log' && event.message === '"two\\n"'))
  // what was printed is shown all the same, each try on lines of its own
  const lines = ran.events.flatMap((event) => (event.type === 'step:output' ? [event.line] : []))
  assert.deepEqual(lines.slice(0, 4), ['unfinished', 'unfinished', 'unfinished', 'third'])
  assert.deepEqual(lines.slice(4).sort(), ['err', 'one', 'two'])
})

test('a failure after many tries is one failure, with the output of the last one and how long it was tried', async () => {
  const ran = await fleet.run(['wait'], {
    config: {
      tasks: {
        wait: {
          on: 'db',
          steps: () => [
            sh`echo x >>~/waits; echo "try $(wc -l <~/waits | tr -d ' ')" >&2; exit 7`
              .retry({ every: '1s', for: '3s' })
              .hint('see the log')
              .diagnose(sh`echo diagnosed`),
            sh`touch ~/never`,
          ],
        },
      },
    },
  })
  const tries = readFileSync(fleet.on('a', '../waits'), 'utf8').split('\n').length - 1
  assert.ok(tries > 1)
  assert.equal(ran.exit, 1)
  assert.deepEqual(
    ran.failures.map(({ host, reason, output, hint }) => ({ host, reason, output, hint })),
    [{ host: 'a', reason: 'exit 7, tried every 1s for 3s', output: [`try ${tries}`, 'diagnosed'], hint: 'see the log' }],
  )
  assert.ok(!existsSync(fleet.on('a', '../never')))
})

test('an interrupt ends the tries, and no alternative runs after it', async () => {
  const ran = await fleet.run(['wait'], {
    config: {
      tasks: {
        wait: {
          on: 'db',
          steps: () => [sh`echo trying; sleep 600`.retry(often).orElse(sh`touch ~/alternative`), sh`false`.retry(often)],
        },
      },
    },
    onEvent: (event, interrupt) => {
      if (event.type === 'step:output' && event.line === 'trying') interrupt('SIGINT')
    },
  })
  assert.equal(ran.exit, 130)
  assert.ok(!existsSync(fleet.on('a', '../alternative')))
})

test('an interrupt between two tries ends the step', async () => {
  const ran = await fleet.run(['wait'], {
    config: {
      tasks: { wait: { on: 'db', steps: () => [sh`echo tried; false`.retry({ every: '1h', for: '2h' }).orElse(sh`touch ~/alternative`)] } },
    },
    onEvent: (event, interrupt) => {
      if (event.type === 'step:output' && event.line === 'tried') interrupt('SIGINT')
    },
  })
  assert.equal(ran.exit, 130)
  assert.ok(!existsSync(fleet.on('a', '../alternative')))
})

test('a connection that dies between two tries is a lost host, and no alternative runs there', async () => {
  const ran = await fleet.run(['wait'], {
    config: {
      tasks: { wait: { on: 'db', steps: () => [sh`echo tried; false`.retry({ every: '1h', for: '2h' }).orElse(sh`touch ~/alternative`)] } },
    },
    heartbeat: 300,
    onEvent: (event) => {
      if (event.type === 'step:output' && event.line === 'tried') fleet.cut('a', 'forGood')
    },
  })
  fleet.mend('a')
  assert.equal(ran.exit, 3)
  assert.equal(ran.failures.length, 1)
  assert.ok(!existsSync(fleet.on('a', '../alternative')))
})

test('a rolling task waits for each share with its tries, and a local one works the same', async () => {
  const ran = await fleet.run(['roll', 'here'], {
    config: {
      tasks: {
        roll: {
          on: 'app',
          rolling: { size: 1 },
          steps: ({ host }: StepsContext) => [sh`echo x >>~/rolled; echo ${host.name}; test "$(wc -l <~/rolled)" -ge 2`.retry(often)],
        },
        here: { on: 'local', steps: () => [sh`cat; false`.stdin('in').orElse(sh`cat; echo`.stdin('else'))] },
      },
    },
  })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  const lines = ran.events.flatMap((event) => (event.type === 'step:output' ? [`${event.host} ${event.line}`] : []))
  assert.deepEqual(lines, ['a a', 'a a', 'b b', 'b b', 'local in', 'local else'])
})

test('a secret on stdin reaches the host, and no event', async () => {
  const value = 'pa55-for-the-registry'
  const ran = await fleet.run(['login'], {
    config: { tasks: { login: { on: 'db', steps: () => [sh`cat >~/got; false`.stdin(secret(value)).hint('no')] } } },
  })
  assert.equal(ran.exit, 1)
  assert.equal(readFileSync(fleet.on('a', '../got'), 'utf8'), value)
  assert.ok(!JSON.stringify(ran.events).includes(value))
  assert.match(ran.events.flatMap((event) => (event.type === 'step:start' ? [event.script] : []))[0]!, /printf '%s' \[secret\]/)
  writeFileSync(fleet.on('a', '../got'), '')
})

test('a step that is tried again for long says what it waits for', () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] })
  try {
    const events: RunEvent[] = []
    const state = createState('x', (event) => void events.push(event as RunEvent))
    const stop = reportWaiting(state, 'a', 'puma:restart', sh`curl -sf localhost`.retry({ every: '3s', for: '3m' }).title('wait for puma'))
    mock.timers.tick(10_000)
    mock.timers.tick(60_000)
    stop()
    mock.timers.tick(600_000)
    const stopOther = reportWaiting(state, 'a', 'x', sh`a`.retry({ every: '3s', for: '3m' }).orElse(sh`b`))
    mock.timers.tick(600_000)
    stopOther()
    assert.deepEqual(
      events.map((event) => event.type === 'log' && event.message),
      ['still trying every 3s for 3m: wait for puma, since 10.0s', 'still trying every 3s for 3m: wait for puma, since 1m 10s'],
    )
  } finally {
    mock.timers.reset()
  }
})
