import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')

test('every numbered situation and decision of Sidekiq, G01 to G120, has a test that names it', () => {
  const texts = globSync('test/{golden,recipes}/**/*.ts', { cwd: root }).map((file) => readFileSync(resolve(root, file), 'utf8'))
  const named = new Set(texts.flatMap((text) => text.match(/\bG\d{2,3}\b/g) ?? []))
  const all = Array.from({ length: 120 }, (_, i) => `G${String(i + 1).padStart(2, '0')}`)
  assert.deepEqual(
    all.filter((id) => !named.has(id)),
    [],
  )
})
