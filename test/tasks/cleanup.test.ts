import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { HostFacts, ReleaseFact } from '../../src/facts/types.ts'
import { outdated } from '../../src/tasks/deploy/finish.ts'

const name = (n: number) => `202601010000${String(n).padStart(2, '0')}`
const layout = (releases: ReleaseFact[], live?: string): HostFacts => ({
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
const release = (n: number, state: ReleaseFact['state'] = 'good', recorded = true): ReleaseFact => ({
  name: name(n),
  state,
  recorded,
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

test('what another tool left unfinished goes only when it is older than what is kept', () => {
  const facts = layout([release(1, 'failed', false), release(2), release(3, 'failed', false), release(4)], name(4))
  assert.deepEqual(outdated(facts, name(6), 3), [name(1)])
})

test('after a rollback the live release is never removed, however old', () => {
  const facts = layout(
    [1, 2, 3, 4, 5].map((n) => release(n)),
    name(1),
  )
  assert.deepEqual(outdated(facts, name(1), 2), [2, 3, 4].map(name))
})

test('neither the live release nor, with keep over 1, the one before is ever removed', () => {
  const state = fc.constantFrom<ReleaseFact['state']>('good', 'failed', 'building')
  fc.assert(
    fc.property(
      fc.array(fc.tuple(state, fc.boolean()), { minLength: 1, maxLength: 30 }),
      fc.nat(29),
      fc.integer({ min: 1, max: 8 }),
      (states, at, keep) => {
        const releases = states.map(([how, recorded], n) => release(n, how, recorded))
        const live = releases[at % releases.length]!.name
        const removed = outdated(layout(releases, live), name(40), keep)
        assert.ok(!removed.includes(name(40)))
        if (keep > 1) assert.ok(!removed.includes(live))
        const good = releases.filter((r) => r.state === 'good' && !removed.includes(r.name)).length
        assert.ok(good <= keep)
      },
    ),
  )
})
