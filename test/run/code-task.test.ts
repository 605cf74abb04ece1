import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { defineRecipe } from '../../src/index.ts'
import type { LiveHost, RunContext, StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())

test('a code task that ignores its signal does not keep an interrupted run from ending', async () => {
  const ran = await fleet.run(['stuck'], {
    config: { tasks: { stuck: { run: () => new Promise(() => setInterval(() => {}, 1000).unref()) } } },
    onEvent: (event, interrupt) => event.type === 'wave:start' && setTimeout(() => interrupt('SIGINT'), 50),
  })
  assert.equal(ran.exit, 130)
  assert.deepEqual(ran.failures, [])
  assert.ok(ran.events.some((event) => event.type === 'log' && event.level === 'warn' && /did not stop when asked/.test(event.message)))
})

test('capture returns the whole output, and output of more than 64 MB is an error with a hint', async () => {
  let read = 0
  const capture = (megabytes: number) => ({
    tasks: {
      much: {
        run: async ({ on }: RunContext) =>
          void (await on('all', async (h) => (read = (await h.capture`head -c ${megabytes}000000 /dev/zero`).length))),
      },
    },
  })
  const whole = await fleet.run(['much'], { config: capture(20), filter: { hosts: ['a'] } })
  assert.deepEqual([whole.exit, whole.failures], [0, []])
  assert.equal(read, 20_000_000)
  const ran = await fleet.run(['much'], { config: capture(80), filter: { hosts: ['a'] } })
  assert.equal(ran.exit, 1)
  assert.equal(read, 20_000_000)
  assert.match(ran.failures[0]!.reason, /head -c 80000000 \/dev\/zero: it printed more than 64 MB/)
  assert.match(ran.failures[0]!.hint!, /a file there/)
})

test('facts of more than 64 MB are an error of their recipe', async () => {
  const big = defineRecipe({
    name: 'big',
    facts: () => ({ all: sh`head -c 80000000 /dev/zero`.probe() }),
    tasks: { look: { steps: () => [sh`true`] } },
  })
  const ran = await fleet.run(['big:look'], { config: { use: [big()] }, filter: { hosts: ['a'] } })
  assert.equal(ran.exit, 1)
  assert.match(ran.failures[0]!.reason, /head -c 80000000 \/dev\/zero: it printed more than 64 MB/)
})

test('an unhandled rejection is a failure with its location, and the run goes on to its end', async () => {
  let report: ((error: unknown) => void) | undefined
  const ran = await fleet.run(['drop', 'next'], {
    config: { tasks: { drop: { run: () => report!(new TypeError('forgotten')) }, next: { steps: () => [sh`echo next`] } } },
    unhandledErrors: (take) => {
      report = take
      return () => (report = undefined)
    },
  })
  assert.equal(ran.exit, 1)
  assert.equal(ran.failures.length, 1)
  assert.match(ran.failures[0]!.reason, /an unhandled error: TypeError: forgotten/)
  assert.match(ran.failures[0]!.where ?? '', /code-task\.test\.ts:\d+/)
  assert.ok(ran.done('a').includes('next'))
  assert.equal(report, undefined)
})

test('a code task that fails on several hosts reports each of them', async () => {
  const ran = await fleet.run(['look'], {
    config: {
      tasks: {
        look: {
          run: async ({ on }: RunContext) => void (await on('all', (host: LiveHost) => host.run`echo ${host.name} is bad >&2; exit 3`)),
        },
      },
    },
  })
  assert.deepEqual(
    ran.failures.map(({ host }) => host),
    ['a', 'b'],
  )
})

test('capture joins characters that are split between chunks', async () => {
  let text = ''
  const ran = await fleet.run(['big'], {
    config: {
      tasks: {
        big: {
          on: 'db',
          run: async ({ on }: RunContext) =>
            void (await on(
              'db',
              async (host: LiveHost) =>
                (text =
                  await host.capture`i=0; while [ $i -lt 14 ]; do s="\${s:-ä€😀}\${s:-ä€😀}"; i=$((i+1)); done; printf x; printf %s "$s"`),
            )),
        },
      },
    },
  })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(text, `x${'ä€😀'.repeat(2 ** 14)}`)
})

test('a line of 5 MB arrives in pieces, and its failure shows little of it', async () => {
  let most = 0
  const ran = await fleet.run(['long'], {
    config: { tasks: { long: { on: 'db', steps: () => [sh`head -c 5000000 /dev/zero | tr '\\0' x; exit 1`] } } },
    onEvent: (event) => event.type === 'step:output' && (most = Math.max(most, event.line.length)),
  })
  assert.equal(ran.exit, 1)
  assert.ok(most < 100_000)
  assert.ok(ran.failures[0]!.output.join('').length < 50_000)
})

test('hooks of deploy:failed all run, even if one fails or throws, and code in them knows which tasks ran', async () => {
  const known: unknown[] = []
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: {
        quiet: { steps: () => [sh`true`] },
        broken: { steps: ({ host }: StepsContext) => [host.name === 'b' && sh`exit 1`] },
        bad: { steps: () => [sh`exit 5`] },
        thrower: {
          steps: ({ host }: StepsContext) => {
            if (host.name === 'a') throw new Error('oops')
            return [sh`true`]
          },
        },
        code: {
          run: ({ failure }: RunContext) => {
            known.push(failure?.task, failure?.ran('quiet'), failure?.ran('never'))
            throw new Error('late')
          },
        },
        good: { steps: () => [sh`echo good`] },
      },
      hooks: { after: { 'deploy:started': 'quiet', 'deploy:updated': 'broken', 'deploy:failed': ['bad', 'thrower', 'code', 'good'] } },
    },
  })
  assert.equal(ran.exit, 1)
  assert.deepEqual(known, ['broken', 'done', 'no'])
  for (const host of ['a', 'b']) assert.ok(ran.done(host).includes('good'), host)
  const { release } = ran.events.find((event) => event.type === 'deploy')!
  for (const host of ['a', 'b']) assert.ok(!fleet.releases(host).includes(release))
  assert.deepEqual(ran.failures.map(({ task }) => task).sort(), ['bad', 'bad', 'broken', 'code', 'deploy:failed'])
})

test('the second of two tasks begins only when the first has succeeded everywhere', async () => {
  const ran = await fleet.run(['one', 'two'], {
    config: {
      tasks: { one: { steps: ({ host }: StepsContext) => [host.name === 'b' && sh`exit 1`] }, two: { steps: () => [sh`echo two`] } },
    },
  })
  assert.equal(ran.exit, 1)
  assert.ok(!ran.done('a').includes('two'))
})

test('a typed task that has no host or no step is an error before anything is connected', async () => {
  const config = {
    tasks: { code: { on: 'db', run: () => {} }, one: { on: 'db', steps: () => [sh`true`] }, both: { sequence: ['one', 'code'] } },
  }
  for (const task of ['code', 'both'])
    await assert.rejects(fleet.run([task], { config, filter: { hosts: 'b' } }), { message: `${task} runs on no host`, exit: 2 })
  await assert.rejects(fleet.run(['deploy:restart']), { message: /^deploy:restart does nothing/, exit: 2 })
  await assert.rejects(fleet.run(['deploy', 'deploy']), { message: /one run makes one release/, exit: 2 })
  await assert.rejects(fleet.run(['deploy'], { config: { stages: { test: { servers: [] } } } }), { exit: 2 })
})

test('a typed task that its `when` skips is an error before anything is connected, in a plan too', async () => {
  const off = { when: () => false, steps: () => [sh`true`] }
  const config = {
    tasks: { off, on: { steps: () => [sh`true`] }, both: { sequence: ['off'] }, group: { when: () => false, sequence: ['on', 'off'] } },
    hooks: { before: { on: 'off' } },
  }
  for (const [task, whose] of [
    ['off', 'its `when`'],
    ['both', 'the `when` of off'],
    ['group', 'its `when`'],
  ] as const)
    for (const planOnly of [false, true])
      await assert.rejects(fleet.run([task], { config, planOnly }), { message: `${task} does not run: ${whose} is false`, exit: 2 })
  assert.equal((await fleet.run(['on'], { config })).exit, 0, 'a hook is left out')
})

test('a task that is listed twice as a hook runs once', async () => {
  const ran = await fleet.run(['base'], {
    config: {
      tasks: { base: { steps: () => [sh`true`] }, once: { steps: () => [sh`echo once`] } },
      hooks: { after: { base: ['once', 'once'] } },
    },
  })
  assert.equal(ran.events.filter((event) => event.type === 'step:output' && event.host === 'a').length, 1)
})
