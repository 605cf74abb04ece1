import assert from 'node:assert/strict'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { memoryFolder } from './scratch.ts'

test('the folder for the tests is empty, and every account may enter it', (t) => {
  const dir = memoryFolder(tmpdir(), 0)
  assert.ok(dir !== undefined)
  t.after(() => rmSync(dir, { recursive: true }))
  assert.equal(statSync(dir).mode & 0o777, 0o755)
  assert.deepEqual(readdirSync(dir), [])
})

test('there is none where memory has no folder, or too little room', () => {
  assert.equal(memoryFolder('/nowhere'), undefined)
  assert.equal(memoryFolder(tmpdir(), Infinity), undefined)
})
