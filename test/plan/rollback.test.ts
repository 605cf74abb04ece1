import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rollbackTarget } from '../../src/plan/rollback.ts'
import { stageWith } from '../tasks/support.ts'
import { makeHosts } from './support.ts'

const target = (hosts: Parameters<typeof makeHosts>[0], asked?: string) => {
  const made = makeHosts(hosts)
  return rollbackTarget(made.hosts, made.reads, asked, stageWith()).release
}
const [R1, R2, R3] = ['20260101000001', '20260101000002', '20260101000003']

test('a rollback goes to the newest good release before the live one that every host has', () => {
  assert.equal(target({ a: { releases: [R1, R2, R3], live: R3 }, b: { releases: [R1, R3], live: R3 } }), R1)
  assert.equal(target({ a: { releases: [R1, R2, R3], live: R3, failed: [R2] } }), R1)
  assert.equal(target({ a: { releases: [R1, R2, R3], live: R2 } }), R1)
})

test('it refuses to go forward, to nothing, and where hosts differ', () => {
  assert.throws(() => target({ a: { releases: [R1, R2], live: R1 } }), /no good release before 20260101000001/)
  assert.throws(() => target({ a: { releases: [R1] } }), /nothing is live/)
  assert.throws(
    () => target({ a: { releases: [R1, R2], live: R1 }, b: { releases: [R1, R2], live: R2 } }),
    /different releases: a is on 20260101000001, b is on 20260101000002/,
  )
})

test('where only newer releases are left, the command that goes to one is printed', () => {
  const hint = (hosts: Parameters<typeof target>[0]): string => {
    try {
      target(hosts)
    } catch (error) {
      return (error as { hint: string }).hint.split('\n')[0]!
    }
    return 'it goes'
  }
  assert.equal(hint({ a: { releases: [R1, R2, R3], live: R1 } }), `to go forward: shipit test deploy:rollback --release ${R3}`)
  assert.equal(hint({ a: { releases: [R1, R2], live: R1 } }), `to go forward: shipit test deploy:rollback --release ${R2}`)
})

test('--release names any complete release that every host has', () => {
  assert.equal(target({ a: { releases: [R1, R2], live: R1 }, b: { releases: [R1, R2], live: R2 } }, R2), R2)
  assert.throws(() => target({ a: { releases: [R1], live: R1 }, b: { releases: [R1, R2], live: R2 } }, R2), {
    host: 'a',
    message: `there is no release ${R2} here`,
  })
  assert.throws(() => target({ a: { releases: [R1, R2], live: R2, failed: [R1] } }, R1), /not complete here: its deploy failed/)
  assert.throws(() => target({ a: { releases: [R1], live: R1 } }, 'v1'), { exit: 2 })
})
