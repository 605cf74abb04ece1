import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sources } from './source.ts'

const ids = (text: string): string[] => text.match(/\bG\d{2,3}\b/g) ?? []

/** Titles of tests and the tables of golden tests; comments and other texts do not count. */
const titles = (text: string): string[] =>
  [
    ...text.matchAll(/\b(?:test|describe|title)\(\s*('[^'\n]*'|`[^`]*`)/g),
    ...text.matchAll(/\btitle: ('[^'\n]*'|`[^`]*`|"[^"\n]*")/g),
    ...text.matchAll(/\bids: \[([^\]]*)\]/g),
  ].map(([, title = '']) => title)

test("every numbered situation and decision of Sidekiq, G01 to G120, is in a test's title or in a table", () => {
  const code = sources('test/{golden,recipes}/**/*.ts').map(({ text }) => text)
  const named = new Set(code.flatMap(titles).flatMap(ids))
  const all = Array.from({ length: 120 }, (_, i) => `G${String(i + 1).padStart(2, '0')}`)
  assert.deepEqual(
    all.filter((id) => !named.has(id)),
    [],
  )
})
