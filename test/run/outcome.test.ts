import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decide, type OutcomeInput } from '../../src/run/outcome.ts'
import { createState, type RunState } from '../../src/run/state.ts'
import { callFor } from '../support/call.ts'
import { makeHosts } from '../plan/support.ts'

const [OLD, NEW] = ['20260101000001', '20260101000002']

const made = (change: (state: RunState) => void, input: Partial<OutcomeInput> = {}) => {
  const { hosts, reads } = makeHosts({ a: { releases: [OLD], live: OLD }, b: { releases: [OLD], live: OLD } })
  const state = createState('run', () => {})
  for (const [name, read] of reads) state.reads.set(name, read)
  change(state)
  return decide(state, {
    releasing: true,
    rollback: false,
    release: NEW,
    revision: undefined,
    stage: 'production',
    shipit: callFor('production'),
    application: 'shop',
    hosts,
    current: '/srv/shop/current',
    readBack: undefined,
    leftOut: [],
    skipped: [],
    ...input,
  })
}
const fails = (state: RunState, exit: number) => state.failures.push({ reason: 'x', output: [], exit })

test('the worst wins: 6, 7, the signal, 3, 1', () => {
  const all = (state: RunState) => {
    fails(state, 1)
    fails(state, 3)
    state.interrupted = 'SIGTERM'
  }
  assert.equal(made((state) => state.switched.add('a').add('b')).exit, 0)
  // what was asked for did not happen, though nothing failed
  assert.equal(made(() => {}).exit, 1)
  assert.equal(made((state) => fails(state, 1)).exit, 1)
  assert.equal(made((state) => (fails(state, 1), fails(state, 3))).exit, 3)
  assert.equal(made(all).exit, 143)
  assert.equal(made((state) => (all(state), state.switched.add('a').add('b'))).exit, 7)
  assert.equal(made((state) => (all(state), state.switched.add('a'))).exit, 6)
  assert.equal(made((state) => (state.switched.add('a').add('b'), (state.interrupted = 'SIGINT'))).exit, 130)
})

test('the error for a lock that could not be taken does not name the last run, which need not hold it', () => {
  const { exit, headline } = made((state) => fails(state, 4))
  assert.equal(exit, 4)
  assert.match(headline, /did not happen: the lock could not be taken$/)
})

test('a task that failed after the switch is what to type again, when it can be run alone', () => {
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

test('a host that did not say whether it switched is exit 6 with the command that looks', () => {
  const outcome = made((state) => (fails(state, 3), state.switched.add('a'), state.unsure.add('b')))
  assert.equal(outcome.exit, 6)
  assert.deepEqual(
    outcome.live.map(({ host, state, next }) => [host, state, next]),
    [
      ['a', 'switched', undefined],
      ['b', 'unknown', 'ssh deploy@b readlink /srv/shop/current'],
    ],
  )
})

test('where hosts differ the way back is offered only when every host has it, and hosts that differed before are not this run’s', () => {
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

test('interrupted after the switch: a deploy again; after a rollback, which would go further back, what was left out and that release by name', () => {
  const cut = (input: Partial<OutcomeInput>) =>
    made((state) => (state.switched.add('a').add('b'), (state.interrupted = 'SIGINT')), {
      leftOut: ['sidekiq:restart', 'deploy:cleanup'],
      ...input,
    })
  assert.deepEqual([cut({}).exit, cut({}).next], [130, [{ command: 'shipit production deploy' }]])
  // by name, which does not go further back
  const makesGood = { command: `shipit production deploy:rollback --release ${NEW}`, why: 'to make this release good' }
  assert.deepEqual(cut({ rollback: true }).next, [{ command: 'shipit production sidekiq:restart' }, makesGood])
  assert.deepEqual(cut({ rollback: true, leftOut: ['deploy:cleanup'] }).next, [makesGood])
})

test('a plan ends with what it is, and with nothing that sounds like a deploy', () => {
  const { exit, headline, next } = made(() => {}, { releasing: false, planned: true })
  assert.deepEqual([exit, headline, next], [0, 'this is the plan: nothing was changed on any host', []])
  const wrong = made((state) => void fails(state, 1), { releasing: false, planned: true })
  assert.deepEqual([wrong.exit, wrong.headline], [1, 'this would fail; nothing was changed on any host'])
})

test('a task that finds the lock taken does not speak of a deploy', () => {
  const { exit, headline } = made((state) => fails(state, 4), { releasing: false })
  assert.deepEqual([exit, headline], [4, 'the lock could not be taken'])
})
