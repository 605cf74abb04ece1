import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { shellPool } from '../../src/transport/session-pool.ts'
import type { Shell } from '../../src/transport/session-shell.ts'
import type { ChannelEnd } from '../../src/transport/types.ts'

interface Opening {
  readonly agent: boolean
  arrive(): Shell
  fail(error: Error): void
}

/** A host that lets the test decide when a shell arrives. */
const host = (spares: number, limit: number) => {
  const openings: Opening[] = []
  let pid = 0
  const pool = shellPool({
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
          const shell: Shell = { pid: ++pid, closed: closed.promise, attach: () => {}, write: () => {}, end: () => {}, close }
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

test('so many spares are opened beforehand, and each that is taken is replaced at once', async () => {
  const { pool, openings } = host(2, 7)
  const warm = pool.warm()
  assert.equal(openings.length, 2)
  const first = openings[0]!.arrive()
  await warm
  assert.equal(await pool.take(), first)
  assert.equal(openings.length, 3)
})

test('no more are made ready than are still expected, and who was not expected is served all the same', async () => {
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

test('never more than the limit are open, and a place is free when its shell has closed', async () => {
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

test('a host that takes fewer is asked for no more until one has closed', async () => {
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

test('when the first shell cannot be opened everybody who waits learns why', async () => {
  const { pool, openings } = host(1, 7)
  const warm = pool.warm()
  const taken = pool.take()
  for (const opening of openings) opening.fail(new Error('no shell'))
  await assert.rejects(warm, /no shell/)
  await assert.rejects(taken, /no shell/)
})

test('a spare that dies is not replaced before somebody wants one', async () => {
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

test('a shell with the agent is opened for whoever asked, and takes the place of a spare where there is none', async () => {
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

test('a closed pool gives nothing any more, and closes what still comes', async () => {
  const { pool, openings } = host(1, 7)
  const taken = pool.take()
  pool.close(new Error('over'))
  await assert.rejects(taken, /over/)
  await assert.rejects(pool.take(), /over/)
  const late = openings[0]!.arrive()
  await late.closed
})
