import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { IRREGULAR } from '../../src/values/own-places.ts'

const root = join(import.meta.dirname, '../..')

/** Never written through: removed first, renamed over, or made by a tool that does so. */
const REPLACED = ['current-', 'record-', 'archive.tar', 'assets-']

test('every file in .shipit that the source names is looked at for links, or is only ever replaced', () => {
  const named = globSync('{src,recipes}/**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\.shipit(?:\/|', ')([a-z][\w.]*-?)/g)].map(([, name]) => `${file}: ${name}`),
  )
  assert.ok(named.length > 10)
  const unknown = named.filter((text) => {
    const name = text.slice(text.indexOf(': ') + 2)
    return !REPLACED.some((one) => name.startsWith(one)) && !IRREGULAR.includes(`.shipit/${name}`) && !IRREGULAR.includes(` ${name} `)
  })
  assert.deepEqual(unknown, [])
})
