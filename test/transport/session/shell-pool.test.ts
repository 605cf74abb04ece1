import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { ShellPool } from '../../../src/transport/session/shell-pool.ts'
import type { Shell } from '../../../src/transport/session/shell.ts'
import type { ChannelEnd } from '../../../src/transport/types.ts'

interface Opening {
  readonly agent: boolean
  arrive(): Shell
  fail(error: Error): void
}

/** A host whose shells arrive when the test says. */
const host = (spares: number, limit: number) => {
  const openings: Opening[] = []
  let pid = 0
  const pool = new ShellPool({
    spares,
    limit,
    full: (error) => (error as Error).message === 'full',
    open: (agent) => {
      const opening = Promise.withResolvers<Shell>()
      openings.push({
        agent,
        arrive: () => {
          const closed = Promise.withResolvers<ChannelEnd>()
          const close = () => closed.resolve({ code: 0, signal: undefined, lost: undefined })
          const shell: Shell = {
            pid: ++pid,
            closed: closed.promise,
            attach: () => {},
            write: () => {},
            drained: async () => {},
            end: () => {},
            pause: () => {},
            hurry: () => {},
            resume: () => {},
            close,
          }
          opening.resolve(shell)
          return shell
        },
        fail: opening.reject,
      })
      return opening.promise
    },
  })
  return { pool, openings }
}

test('warm() opens the given number of spares, and each one taken is replaced at once', async () => {
  const { pool, openings } = host(2, 7)
  const warm = pool.warm()
  assert.equal(openings.length, 2)
  const first = openings[0]!.arrive()
  await warm
  assert.equal(await pool.take(), first)
  assert.equal(openings.length, 3)
})

test('spares are opened only while scripts are still expected, and an unexpected one is served too', async () => {
  const { pool, openings } = host(2, 7)
  const warm = pool.warm()
  const shells = [openings[0]!.arrive(), openings[1]!.arrive()]
  await warm
  pool.expect(3)
  assert.equal(await pool.take(), shells[0])
  assert.equal(openings.length, 3)
  shells.push(openings[2]!.arrive())
  assert.equal(await pool.take(), shells[1])
  await turn()
  assert.equal(await pool.take(), shells[2])
  assert.equal(openings.length, 3)
  const more = pool.take()
  assert.equal(openings.length, 4)
  assert.equal(openings[3]!.arrive(), await more)
})

test('open shells never exceed the limit, and a closed shell makes room', async () => {
  const { pool, openings } = host(1, 2)
  const taken = [pool.take(), pool.take(), pool.take()]
  assert.equal(openings.length, 2)
  const first = openings[0]!.arrive()
  openings[1]!.arrive()
  assert.equal(await taken[0], first)
  await taken[1]
  await turn()
  assert.equal(openings.length, 2)
  first.close()
  await turn()
  assert.equal(openings.length, 3)
  const third = openings[2]!.arrive()
  assert.equal(await taken[2], third)
})

test('a host that refuses a shell is asked for another only after one has closed', async () => {
  const { pool, openings } = host(2, 7)
  const warm = pool.warm()
  openings[0]!.arrive()
  openings[1]!.fail(new Error('full'))
  await warm
  const shell = await pool.take()
  const next = pool.take()
  await turn()
  assert.equal(openings.length, 2)
  shell.close()
  await turn()
  const second = openings[2]!.arrive()
  assert.equal(await next, second)
})

test('the error of the first shell reaches everyone who waits for one', async () => {
  const { pool, openings } = host(1, 7)
  const warm = pool.warm()
  const taken = pool.take()
  for (const opening of openings) opening.fail(new Error('no shell'))
  await assert.rejects(warm, /no shell/)
  await assert.rejects(taken, /no shell/)
})

test('a spare that dies is replaced when the next shell is wanted', async () => {
  const { pool, openings } = host(1, 7)
  const warm = pool.warm()
  openings[0]!.arrive().close()
  await warm
  await turn()
  assert.equal(openings.length, 1)
  const taken = pool.take()
  await turn()
  const next = openings[1]!.arrive()
  assert.equal(await taken, next)
})

test('a shell with the agent is opened on request, in place of a spare if there is no room', async () => {
  const { pool, openings } = host(1, 1)
  const warm = pool.warm()
  openings[0]!.arrive()
  await warm
  const taken = pool.take(true)
  await turn()
  assert.deepEqual(
    openings.map(({ agent }) => agent),
    [false, true],
  )
  const shell = openings[1]!.arrive()
  assert.equal(await taken, shell)
})

test('a returned shell is the next one that is taken, and no spare is opened in its place', async () => {
  const { pool, openings } = host(1, 7)
  const warm = pool.warm()
  const shell = openings[0]!.arrive()
  await warm
  assert.equal(await pool.take(false, true), shell)
  assert.equal(openings.length, 1)
  const waiting = pool.take(false, true)
  assert.equal(openings.length, 2)
  pool.giveBack(shell)
  assert.equal(await waiting, shell)
  openings[1]!.arrive()
  await turn()
  pool.giveBack(shell)
  assert.equal(await pool.take(), shell)
})

test('a shell that will not be returned after all is replaced at once', async () => {
  const { pool, openings } = host(1, 7)
  const warm = pool.warm()
  const shell = openings[0]!.arrive()
  await warm
  await pool.take(false, true)
  pool.spend(shell)
  assert.equal(openings.length, 2)
})

test('a shell that is returned to a closed pool is closed', async () => {
  const { pool, openings } = host(1, 7)
  const warm = pool.warm()
  const shell = openings[0]!.arrive()
  await warm
  await pool.take(false, true)
  pool.close(new Error('over'))
  pool.giveBack(shell)
  await shell.closed
})

test('a closed pool rejects requests and closes shells that still arrive', async () => {
  const { pool, openings } = host(1, 7)
  const taken = pool.take()
  pool.close(new Error('over'))
  await assert.rejects(taken, /over/)
  await assert.rejects(pool.take(), /over/)
  const late = openings[0]!.arrive()
  await late.closed
})
