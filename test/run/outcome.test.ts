import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideOutcome, decideDoctor } from '../../src/run/outcome.ts'
import type { OutcomeInput } from '../../src/run/outcome-input.ts'
import { createState, type RunState } from '../../src/run/state.ts'
import type { HostFacts } from '../../src/facts/types.ts'
import { callFor } from '../support/call.ts'
import { makeHosts } from '../plan/support.ts'

const [OLD, NEW] = ['20260101000001', '20260101000002']

const made = (change: (state: RunState) => void, input: Partial<OutcomeInput> = {}) => {
  const { hosts, reads } = makeHosts({ a: { releases: [OLD], live: OLD }, b: { releases: [OLD], live: OLD } })
  const state = createState('run', () => {})
  for (const [name, read] of reads) state.reads.set(name, read)
  change(state)
  return decideOutcome(state, {
    releasing: true,
    rollback: false,
    release: NEW,
    revision: undefined,
    stage: 'production',
    shipit: callFor('production'),
    application: 'shop',
    hosts,
    current: '/srv/shop/current',
    currentLinks: undefined,
    tasksNotRun: [],
    skipped: [],
    ...input,
  })
}
const fails = (state: RunState, exit: number) => state.failures.push({ reason: 'x', output: [], exit })

test('the worst exit code wins: 6, 7, the signal, 3, 1', () => {
  const all = (state: RunState) => {
    fails(state, 1)
    fails(state, 3)
    state.interrupted = 'SIGTERM'
  }
  assert.equal(made((state) => state.switched.add('a').add('b')).exit, 0)
  // the deploy did not happen, though nothing failed
  assert.equal(made(() => {}).exit, 1)
  assert.equal(made((state) => fails(state, 1)).exit, 1)
  assert.equal(made((state) => (fails(state, 1), fails(state, 3))).exit, 3)
  assert.equal(made(all).exit, 143)
  assert.equal(made((state) => (all(state), state.switched.add('a').add('b'))).exit, 7)
  assert.equal(made((state) => (all(state), state.switched.add('a'))).exit, 6)
  assert.equal(made((state) => (state.switched.add('a').add('b'), (state.interrupted = 'SIGINT'))).exit, 130)
})

test('the error for a taken lock does not name the last run, which may not hold it', () => {
  const { exit, headline } = made((state) => fails(state, 4))
  assert.equal(exit, 4)
  assert.match(headline, /did not happen: the lock could not be taken$/)
})

test('the failed task is the command to type again, if it can be run alone', () => {
  const outcome = made((state) => {
    state.failures.push(
      { task: 'sidekiq:restart', reason: 'x', output: [], exit: 1 },
      { task: 'deploy:cleanup', reason: 'x', output: [], exit: 1 },
    )
    state.switched.add('a').add('b')
  })
  assert.deepEqual(
    [outcome.exit, outcome.next],
    [
      7,
      [
        { command: 'shipit production sidekiq:restart' },
        { command: `shipit production deploy:rollback --release ${NEW}`, why: 'to make this release good' },
        { command: `shipit production deploy:rollback --release ${OLD}`, why: 'or, to go back to what was live before' },
      ],
    ],
  )
})

test('a host that did not answer whether it switched exits 6, with the command that looks', () => {
  const outcome = made((state) => (fails(state, 3), state.switched.add('a'), state.unsure.add('b')))
  assert.equal(outcome.exit, 6)
  assert.deepEqual(
    outcome.live.map(({ host, state, next }) => [host, state, next]),
    [
      ['a', 'switched', undefined],
      ['b', 'unknown', "ssh deploy@b 'readlink /srv/shop/current'"],
    ],
  )
})

test('a command to go back is offered only if every host has the release, and hosts that differed before are not counted', () => {
  const split = made((state) => (fails(state, 1), state.switched.add('a')))
  assert.deepEqual(split.next, [
    { command: 'shipit production deploy' },
    { command: `shipit production deploy:rollback --release ${OLD}`, why: 'or, to go back' },
  ])
  const { reads } = makeHosts({ a: { releases: [] }, b: { releases: [OLD], live: OLD } })
  const alone = made((state) => (reads.forEach((read, name) => state.reads.set(name, read)), fails(state, 1), state.switched.add('a')))
  assert.deepEqual(alone.next, [{ command: 'shipit production deploy' }])
  const before = makeHosts({ a: { releases: [OLD, NEW], live: NEW }, b: { releases: [OLD, NEW], live: OLD } }).reads
  const unchanged = made((state) => (before.forEach((read, name) => state.reads.set(name, read)), fails(state, 1)), {
    rollback: true,
    release: OLD,
  })
  assert.equal(unchanged.exit, 1)
})

test('a split rollback is finished by --release, because a deploy would undo it', () => {
  const { reads } = makeHosts({ a: { releases: [OLD, NEW], live: NEW }, b: { releases: [OLD, NEW], live: NEW } })
  const split = made((state) => (reads.forEach((read, name) => state.reads.set(name, read)), fails(state, 1), state.switched.add('a')), {
    rollback: true,
    release: OLD,
  })
  assert.deepEqual(
    [split.exit, split.next],
    [
      6,
      [
        { command: `shipit production deploy:rollback --release ${OLD}`, why: 'to finish the rollback' },
        { command: `shipit production deploy:rollback --release ${NEW}`, why: 'or, to go back' },
      ],
    ],
  )
})

test('a live directory that is not a release counts as live after a failure', () => {
  const elsewhere = (current: HostFacts['current']) =>
    made((state) => {
      for (const [name, read] of state.reads) state.reads.set(name, { ...read, layout: { ...read.layout, current } })
      fails(state, 1)
    }).headline
  assert.equal(elsewhere({ kind: 'none' }), 'the deploy failed; nothing is live yet')
  assert.equal(
    elsewhere({ kind: 'link', target: '/srv/gone', release: undefined, exists: false }),
    'the deploy failed; nothing is live yet',
  )
  assert.equal(
    elsewhere({ kind: 'link', target: '/srv/shop/versions/12', release: undefined, exists: true }),
    'the deploy failed; what was live is still live',
  )
  assert.equal(elsewhere({ kind: 'other', what: 'a directory' }), 'the deploy failed; what was live is still live')
})

test('a run interrupted after the switch names the next command: a deploy, or for a rollback the skipped tasks and --release', () => {
  const cut = (input: Partial<OutcomeInput>) =>
    made((state) => (state.switched.add('a').add('b'), (state.interrupted = 'SIGINT')), {
      tasksNotRun: ['sidekiq:restart', 'deploy:cleanup'],
      ...input,
    })
  assert.deepEqual([cut({}).exit, cut({}).next], [130, [{ command: 'shipit production deploy' }]])
  // with --release, which does not go further back
  const makesGood = { command: `shipit production deploy:rollback --release ${NEW}`, why: 'to make this release good' }
  assert.deepEqual(cut({ rollback: true }).next, [{ command: 'shipit production sidekiq:restart' }, makesGood])
  assert.deepEqual(cut({ rollback: true, tasksNotRun: ['deploy:cleanup'] }).next, [makesGood])
})

test('the headline of a plan says that nothing was changed', () => {
  const { exit, headline, next } = made(() => {}, { releasing: false, planned: true })
  assert.deepEqual([exit, headline, next], [0, 'this is the plan: nothing was changed on any host', []])
  const wrong = made((state) => void fails(state, 1), { releasing: false, planned: true })
  assert.deepEqual([wrong.exit, wrong.headline], [1, 'this would fail; nothing was changed on any host'])
})

test('a task that finds the lock taken does not mention a deploy', () => {
  const { exit, headline } = made((state) => fails(state, 4), { releasing: false })
  assert.deepEqual([exit, headline], [4, 'the lock could not be taken'])
})

test('the headline of a filtered run names its hosts, and counts those that the filter left out', () => {
  const one = (change: (state: RunState) => void, input: Partial<OutcomeInput> = {}) => {
    const { hosts } = makeHosts({ a: {} })
    return made(change, { hosts, filtered: 2, ...input }).headline
  }
  const switched = (state: RunState) => void state.switched.add('a')
  assert.equal(one(switched), `a is on release ${NEW}; 2 other hosts of production were left out`)
  assert.equal(
    one(switched, { filtered: 1, revision: 'a0cf485b' }),
    `a is on release ${NEW} (a0cf485); 1 other host of production was left out`,
  )
  assert.equal(
    one((state) => (switched(state), fails(state, 1))),
    `release ${NEW} is live on a, but a later task failed: it counts as doubtful; 2 other hosts of production were left out`,
  )
  assert.match(
    one((state) => (switched(state), (state.interrupted = 'SIGINT'))),
    /is live on a, but counts as doubtful; 2 other hosts/,
  )
  const both = made((state) => state.switched.add('a').add('b'), { filtered: 1 }).headline
  assert.equal(both, `a, b are on release ${NEW}; 1 other host of production was left out`)
  const split = made((state) => (fails(state, 1), state.switched.add('a')), { filtered: 1 }).headline
  assert.equal(split, 'hosts differ: a, b are not all on the same release. Check these hosts by hand.')
})

test('a run that ended before it read a host shows no table and does not say what is live', () => {
  const unread = (exit: number) => made((state) => (state.reads.clear(), fails(state, exit)))
  assert.deepEqual([unread(1).exit, unread(1).headline, unread(1).live], [1, 'the deploy did not happen', []])
  assert.deepEqual([unread(3).exit, unread(3).live], [3, []])
  const cut = made((state) => (state.reads.clear(), (state.interrupted = 'SIGINT')))
  assert.deepEqual([cut.exit, cut.headline, cut.live], [130, 'interrupted; the deploy did not happen', []])
})

test('hosts that could not be reached are named in the order of the inventory', () => {
  const { next } = made(
    (state) => {
      for (const host of ['b', 'a']) state.failures.push({ host, reason: 'x', output: [], exit: 3 })
    },
    { hosts: makeHosts({ a: {}, b: {}, c: {} }).hosts, typedWords: ['deploy'] },
  )
  assert.equal(next[0]?.why, 'to continue without a, b')
})

test('a run that was interrupted before it asked for a lock says that nothing was changed', () => {
  const early = made((state) => (state.reads.clear(), (state.interrupted = 'SIGINT')), { untouched: true })
  assert.deepEqual([early.exit, early.headline, early.live], [130, 'interrupted; nothing was changed', []])
})

test('the table shows what is known if only some hosts were read', () => {
  const { live } = made((state) => (state.reads.delete('b'), fails(state, 4)))
  assert.deepEqual(
    live.map(({ host, release, state }) => [host, release, state]),
    [
      ['a', OLD, 'same'],
      ['b', undefined, 'unknown'],
    ],
  )
})

test('a deploy that a dead host prevented ends with the command that leaves this host out', () => {
  const dead = (state: RunState, host = 'b') => {
    state.reads.clear()
    state.failures.push({ host, reason: 'x', output: [], exit: 3 })
  }
  const next = (change: (state: RunState) => void, input: Partial<OutcomeInput> = {}) =>
    made(change, { typedWords: ['deploy'], ...input }).next
  const without = { command: 'shipit production deploy --hosts a', why: 'to continue without b' }
  assert.deepEqual(next(dead), [without])
  const words = ['deploy:rollback', '--release', OLD]
  assert.deepEqual(next(dead, { typedWords: words, rollback: true }), [
    { ...without, command: `shipit production deploy:rollback --release ${OLD} --hosts a` },
  ])
  const more = ['deploy', 'app:rake', '--deep=1', '--', 'a b', '--c']
  assert.deepEqual(next(dead, { typedWords: more }), [
    { ...without, command: "shipit production deploy app:rake --deep=1 --hosts a -- 'a b' --c" },
  ])
  assert.deepEqual(
    next((state) => (dead(state), fails(state, 4))),
    [],
    'something else failed too',
  )
  assert.deepEqual(
    next((state) => (dead(state), dead(state, 'a'))),
    [],
    'no host is left',
  )
  assert.deepEqual(next(dead, { alone: ['a'] }), [without])
  assert.deepEqual(next(dead, { alone: ['b'] }), [], 'the database would not be migrated')
  assert.deepEqual(
    next((state) => dead(state, 'local')),
    [],
    'this machine',
  )
  assert.deepEqual(
    next((state) => (dead(state), state.progress.set('a', new Map()))),
    [],
    'it had begun',
  )
})

test('the command that runs a failed task again after the switch has what was typed for it', () => {
  const { next } = made(
    (run) => {
      run.failures.push({ task: 'app:rake', host: 'a', reason: 'x', output: [], exit: 1 })
      run.switched.add('a').add('b')
    },
    { typedFor: (task) => (task === 'app:rake' ? ['--deep=1', '--', 'a b'] : []) },
  )
  assert.equal(next[0]!.command, "shipit production app:rake --deep=1 -- 'a b'")
})

test('the command to go back after exit 7 says that the older release is doubtful or bad', () => {
  for (const state of ['doubtful', 'bad'] as const) {
    const { next } = made((run) => {
      for (const [name, { layout }] of run.reads)
        run.reads.set(name, { layout: { ...layout, releases: layout.releases.map((one) => ({ ...one, state })) }, recipes: {} })
      fails(run, 1)
      run.switched.add('a').add('b')
    })
    assert.deepEqual(next.at(-1)!.why, `or, to go back to what was live before, which is itself ${state}`)
  }
})

test("the doctor's headline begins with the hosts that it could not reach", () => {
  const of = (missed: number, hosts: number, findings: number) => {
    const state = createState('run', () => {})
    for (let i = 0; i < missed; i++) state.failures.push({ host: `dead${i}`, reason: 'x', output: [], exit: 3 })
    const found = Array.from({ length: findings }, () => ({ host: 'a', level: 'warning' as const }))
    return decideDoctor(state, { hosts: Array.from({ length: hosts }, (_, i) => `a${i}`), checks: 28, findings: found }).headline
  }
  assert.equal(of(1, 2, 0), '1 host could not be examined; nothing found on the other 2 (28 checks)')
  assert.equal(of(2, 1, 0), '2 hosts could not be examined; nothing found on the other (28 checks)')
  assert.equal(of(1, 2, 3), '1 host could not be examined; 3 findings on 1 host')
  assert.equal(of(2, 0, 0), '2 hosts could not be examined')
  assert.equal(of(0, 2, 0), 'nothing found: 2 hosts, 28 checks')
  assert.equal(of(0, 2, 1), '1 finding on 1 host')
  assert.equal(of(0, 0, 0), 'nothing was examined')
})

test('the headline of a doctor with failed checks does not say that nothing was found', () => {
  const of = (failures: readonly (readonly [host: string, exit: number])[]) => {
    const state = createState('run', () => {})
    for (const [host, exit] of failures) state.failures.push({ host, reason: 'x', output: [], exit })
    return decideDoctor(state, { hosts: ['a', 'b'], checks: 28, findings: [] })
  }
  assert.deepEqual(
    [of([['a', 1]]).exit, of([['a', 1]]).headline],
    [1, '1 check could not be made; nothing found by the others (28 checks)'],
  )
  // reading the host failed
  assert.equal(of([['c', 1]]).headline, '1 host could not be examined; nothing found on the other 2 (28 checks)')
  assert.equal(
    of([
      ['c', 3],
      ['a', 1],
    ]).headline,
    '1 host could not be examined; 1 check could not be made; nothing found on the other 2 (28 checks)',
  )
})
