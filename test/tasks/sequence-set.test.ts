import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setBySequences } from '../../src/tasks/sequence-set.ts'
import type { AnyTask } from '../../src/tasks/types.ts'

const tasks: Readonly<Record<string, AnyTask>> = {
  plain: { steps: () => [] },
  inner: { sequence: ['plain'], set: { keepReleases: 2, 'vars.seed': true } },
  outer: { sequence: ['inner'], set: { keepReleases: 5, branch: 'main', 'vars.list': ['a', 1], 'vars.none': null } },
  other: { sequence: ['plain'], set: { keepReleases: 3 } },
  same: { sequence: ['plain'], set: { keepReleases: 2 } },
}
const sets = (...typed: string[]) => setBySequences(typed, (name) => (Object.hasOwn(tasks, name) ? tasks[name] : undefined))

test('a sequence and those in it set values as --set takes them, and the outer one wins', () => {
  assert.deepEqual(sets('plain', 'unknown'), [])
  assert.deepEqual(sets('plain', 'inner'), ['keepReleases=2', 'vars.seed=true'])
  assert.deepEqual(sets('outer'), ['keepReleases=5', 'vars.seed=true', 'branch=main', 'vars.list=["a",1]', 'vars.none=null'])
})

test('two typed sequences may set a key to the same value, and not to two', () => {
  assert.deepEqual(sets('inner', 'same'), ['keepReleases=2', 'vars.seed=true'])
  assert.throws(() => sets('inner', 'other'), { exit: 2, message: 'inner and other set keepReleases to different values' })
})
