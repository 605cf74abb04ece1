import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { test } from 'node:test'
import { isUnexpectedPromise } from '../../src/values/promise.ts'

test('isUnexpectedPromise() recognizes a promise, whose rejection then stays silent', async () => {
  const unhandled: unknown[] = []
  const listen = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', listen)
  try {
    assert.equal(isUnexpectedPromise(Promise.reject(new Error('nobody awaits this'))), true)
    assert.equal(isUnexpectedPromise([]), false)
    await setImmediate()
    assert.deepEqual(unhandled, [])
  } finally {
    process.off('unhandledRejection', listen)
  }
})
