import assert from 'node:assert/strict'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import { test } from 'node:test'
import { noteDiscarded } from '../../src/transport/memory.ts'

const CHUNK = 32 * 1024
const BYTES = 256 * 1024 * 1024

/** How often V8 collects new objects while 256 MB pass through this process. */
const collections = async (each: (bytes: number) => void): Promise<number> => {
  let count = 0
  const { promise: seen, resolve } = Promise.withResolvers<void>()
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if (entry.name === 'end') resolve()
      else if ((entry as { detail?: { kind?: number } }).detail?.kind === constants.NODE_PERFORMANCE_GC_MINOR) count++
  })
  observer.observe({ entryTypes: ['gc', 'mark'] })
  for (let n = 0; n < BYTES / CHUNK; n++) {
    Buffer.allocUnsafeSlow(CHUNK)
    each(CHUNK)
    if (n % 64 === 0) await turn()
  }
  // what V8 did last is reported in the next turn
  await turn()
  performance.mark('end')
  await seen
  observer.disconnect()
  return count
}

test('buffers that are not kept are looked for every four megabytes', async () => {
  const without = await collections(() => {})
  const found = await collections(noteDiscarded)
  assert.ok(found >= 60, `${found} times in 256 MB`)
  assert.ok(without < 60, `${without} times without it`)
})

test('code of the user gets no gc() from it', () => {
  noteDiscarded(BYTES)
  assert.equal(runInNewContext('typeof gc'), 'undefined')
  assert.equal('gc' in globalThis, false)
})
