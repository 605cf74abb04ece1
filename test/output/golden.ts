import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'

/** Compares with `golden/<name>.txt`; `GOLDEN=write` writes the file instead: read it before you commit it. */
export const golden = (name: string, text: string): void => {
  const file = new URL(`golden/${name}.txt`, import.meta.url)
  if (process.env.GOLDEN === 'write') writeFileSync(file, text)
  assert.equal(text, readFileSync(file, 'utf8'))
}
