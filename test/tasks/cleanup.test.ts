import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { layoutFor } from '../../src/facts/layout.ts'
import type { Layout, ReleaseFact } from '../../src/facts/types.ts'
import { outdated } from '../../src/tasks/deploy/outdated.ts'

const name = (n: number) => `202601010000${String(n).padStart(2, '0')}`
const layout = (releases: ReleaseFact[], live?: string): Layout =>
  layoutFor({
    home: '/home/deploy',
    user: 'deploy',
    current: live === undefined ? { kind: 'none' } : { kind: 'link', target: `/srv/releases/${live}`, release: live, exists: true },
    revision: undefined,
    releases,
    repo: { exists: false, url: undefined },
    commit: undefined,
    missing: [],
    mvT: true,
  })
const release = (n: number, state: ReleaseFact['state'] = 'good'): ReleaseFact => ({
  name: name(n),
  state,
  recorded: state !== 'unknown',
  revision: undefined,
})

test('keepReleases counts good releases, the new one included', () => {
  const facts = layout(
    [1, 2, 3, 4, 5].map((n) => release(n)),
    name(5),
  )
  assert.deepEqual(outdated(facts, name(6), 3), [1, 2, 3].map(name))
})

test('failed and unfinished releases are not counted, and go', () => {
  const facts = layout([release(1), release(2, 'failed'), release(3), release(4, 'building'), release(5, 'failed')], name(3))
  assert.deepEqual(outdated(facts, name(6), 3), [2, 4, 5].map(name))
})

const removedOf = (states: readonly ReleaseFact['state'][], live: number, keep: number, next = live): number[] =>
  outdated(
    layout(
      states.map((state, i) => release(i + 1, state)),
      name(live),
    ),
    name(next),
    keep,
  ).map((removed) => Number(removed.slice(-2)))

test("another tool's release stays until keepReleases good ones are newer, and goes then", () => {
  const four = ['unknown', 'unknown', 'unknown'] as const
  assert.deepEqual(removedOf(four, 3, 3, 6), [])
  assert.deepEqual(removedOf([...four.slice(0, 2), 'good', 'good'], 4, 3, 6), [1, 2])
  assert.deepEqual(removedOf(['unknown', 'good', 'unknown', 'good'], 4, 3, 6), [1])
})

test('a half removed release goes with every clean-up, whatever its age', () => {
  assert.deepEqual(removedOf(['good', 'good', 'removing', 'good'], 4, 5, 6), [3])
})

test('bad and doubtful releases do not count for keepReleases: they go with their age, and no more than keepReleases of them stay', () => {
  assert.deepEqual(removedOf(['good', 'bad', 'good', 'doubtful', 'good'], 5, 3, 6), [1, 2])
  assert.deepEqual(removedOf(['good', 'bad', 'bad', 'bad', 'bad'], 1, 2, 6), [2, 3])
})

test('the last good release before the live one stays, and where there is none the newest doubtful one', () => {
  assert.deepEqual(removedOf(['good', 'bad', 'doubtful', 'bad', 'good'], 5, 1), [2, 3, 4])
  assert.deepEqual(removedOf(['doubtful', 'doubtful', 'good', 'good'], 3, 1), [1, 4])
})

test('after a rollback the live release is never removed, however old', () => {
  const facts = layout(
    [1, 2, 3, 4, 5].map((n) => release(n)),
    name(1),
  )
  assert.deepEqual(outdated(facts, name(1), 2), [2, 3, 4].map(name))
})

test('neither the live release, nor the one before, nor the best one to go back to is ever removed; all that is left is bounded', () => {
  const state = fc.constantFrom<ReleaseFact['state']>('good', 'failed', 'building', 'removing', 'bad', 'doubtful', 'unknown')
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 30 }), fc.nat(29), fc.integer({ min: 1, max: 8 }), (states, at, keep) => {
      const releases = states.map((how, n) => release(n, how))
      const live = releases[at % releases.length]!
      const removed = outdated(layout(releases, live.name), name(40), keep)
      assert.ok(!removed.includes(name(40)) && !removed.includes(live.name))
      const left = releases.filter((r) => !removed.includes(r.name))
      const replaced = live.state === 'unknown' || live.state === 'bad' ? 'good' : live.state
      const best = (some: readonly ReleaseFact[], how: string) => some.findLast((r) => (r === live ? replaced : r.state) === how)?.name
      assert.equal(best(left, 'good'), best(releases, 'good'))
      if (best(releases, 'good') === undefined) assert.equal(best(left, 'doubtful'), best(releases, 'doubtful'))
      assert.ok(left.filter((r) => r.state === 'good').length <= Math.max(2, keep))
      assert.ok(left.filter((r) => r.state === 'bad' || r.state === 'doubtful').length <= keep + 2)
    }),
  )
})
