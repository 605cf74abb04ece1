import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { IRREGULAR } from '../../src/values/own-files.ts'

const root = join(import.meta.dirname, '../..')

/** Files that are never written through: they are removed first or renamed over. */
const REPLACED = ['current-', 'record-', 'archive.tar', 'assets-', 'types.d.ts']

test('every file in .shipit that the source names is either checked for links or only replaced', () => {
  const named = globSync('{src,recipes}/**/*.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\.shipit(?:\/|', ')([a-z][\w.]*-?)/g)].map(([, name]) => `${file}: ${name}`),
  )
  assert.ok(named.length > 10)
  const unknown = named.filter((text) => {
    const name = text.slice(text.indexOf(': ') + 2)
    return !REPLACED.some((one) => name.startsWith(one)) && !IRREGULAR.includes(`.shipit/${name}`) && !IRREGULAR.includes(`/${name}"`)
  })
  assert.deepEqual(unknown, [])
})
