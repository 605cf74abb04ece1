import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

test('good configs and recipes compile, and every planted typo is a compile error', () => {
  const tsc = here('../../node_modules/typescript/bin/tsc')
  const run = spawnSync(process.execPath, [tsc, '-p', here('tsconfig.json')], { encoding: 'utf8' })
  assert.equal(run.stdout, '')
  assert.equal(run.status, 0, run.stderr)
  const planted = ['config', 'recipes', 'commands', 'content', 'tasks', 'host-vars', 'stage-vars', 'args', 'each', 'systemd'].flatMap(
    (name) => readFileSync(here(`${name}.fixture.ts`), 'utf8').match(/@ts-expect-error/g) ?? [],
  )
  assert.ok(planted.length >= 200)
})
