import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { layoutFor } from '../../src/facts/task-layout.ts'
import type { Layout, ReleaseFact } from '../../src/facts/types.ts'
import { oldReleases } from '../../src/tasks/deploy/old-releases.ts'

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
  assert.deepEqual(oldReleases(facts, name(6), 3), [1, 2, 3].map(name))
})

test('an emptied release does not count, and goes once enough good ones are newer', () => {
  const facts = layout([release(1), { ...release(2), emptied: true }, release(3)], name(3))
  assert.deepEqual(oldReleases(facts, name(4), 2), [1, 2].map(name))
  assert.deepEqual(oldReleases(layout([release(1), { ...release(2), emptied: true }], name(2)), name(3), 2), [])
})

test('failed and unfinished releases do not count, and are removed', () => {
  const facts = layout([release(1), release(2, 'failed'), release(3), release(4, 'building'), release(5, 'failed')], name(3))
  assert.deepEqual(oldReleases(facts, name(6), 3), [2, 4, 5].map(name))
})

const removedOf = (states: readonly ReleaseFact['state'][], live: number, keep: number, next = live): number[] =>
  oldReleases(
    layout(
      states.map((state, i) => release(i + 1, state)),
      name(live),
    ),
    name(next),
    keep,
  ).map((removed) => Number(removed.slice(-2)))

test("another tool's release is removed only when keepReleases good ones are newer", () => {
  const four = ['unknown', 'unknown', 'unknown'] as const
  assert.deepEqual(removedOf(four, 3, 3, 6), [])
  assert.deepEqual(removedOf([...four.slice(0, 2), 'good', 'good'], 4, 3, 6), [1, 2])
  assert.deepEqual(removedOf(['unknown', 'good', 'unknown', 'good'], 4, 3, 6), [1])
})

test('every clean-up removes a half-removed release, whatever its age', () => {
  assert.deepEqual(removedOf(['good', 'good', 'removing', 'good'], 4, 5, 6), [3])
})

test('bad and doubtful releases age out without counting for keepReleases, and at most keepReleases of them are kept', () => {
  assert.deepEqual(removedOf(['good', 'bad', 'good', 'doubtful', 'good'], 5, 3, 6), [1, 2])
  assert.deepEqual(removedOf(['good', 'bad', 'bad', 'bad', 'bad'], 1, 2, 6), [2, 3])
})

test('the last good release before the live one is kept, or else the newest doubtful one', () => {
  assert.deepEqual(removedOf(['good', 'bad', 'doubtful', 'bad', 'good'], 5, 1), [2, 3, 4])
  assert.deepEqual(removedOf(['doubtful', 'doubtful', 'good', 'good'], 3, 1), [1, 4])
})

test('the live release is kept after a rollback, however old it is', () => {
  const facts = layout(
    [1, 2, 3, 4, 5].map((n) => release(n)),
    name(1),
  )
  assert.deepEqual(oldReleases(facts, name(1), 2), [2, 3, 4].map(name))
})

test('a clean-up keeps the live release, the one before it and the best one to roll back to, and bounds the rest', () => {
  const state = fc.constantFrom<ReleaseFact['state']>('good', 'failed', 'building', 'removing', 'bad', 'doubtful', 'unknown')
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 30 }), fc.nat(29), fc.integer({ min: 1, max: 8 }), (states, at, keep) => {
      const releases = states.map((how, n) => release(n, how))
      const live = releases[at % releases.length]!
      const removed = oldReleases(layout(releases, live.name), name(40), keep)
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
