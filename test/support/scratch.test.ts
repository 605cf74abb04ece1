import assert from 'node:assert/strict'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { memoryFolder } from './scratch.ts'

test('memoryFolder() makes an empty folder that every account may enter', (t) => {
  const dir = memoryFolder(tmpdir(), 0)
  assert.ok(dir !== undefined)
  t.after(() => rmSync(dir, { recursive: true }))
  assert.equal(statSync(dir).mode & 0o777, 0o755)
  assert.deepEqual(readdirSync(dir), [])
})

test('memoryFolder() returns undefined without a folder in memory or with too little room', () => {
  assert.equal(memoryFolder('/nowhere'), undefined)
  assert.equal(memoryFolder(tmpdir(), Infinity), undefined)
})
