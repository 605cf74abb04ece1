import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rollbackTarget, whereLive } from '../../src/plan/rollback-target.ts'
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

test('a rollback refuses to go forward, without an older release, and where hosts differ', () => {
  assert.throws(() => target({ a: { releases: [R1, R2], live: R1 } }), /no good release before 20260101000001/)
  assert.throws(() => target({ a: { releases: [R1] } }), /nothing is live/)
  assert.throws(
    () => target({ a: { releases: [R1, R2], live: R1 }, b: { releases: [R1, R2], live: R2 } }),
    /different releases: a is on 20260101000001, b is on 20260101000002/,
  )
})

test('hosts on the same release are named together, and of many the first few', () => {
  const many = Array.from({ length: 8 }, (_, i) => ({ host: `w${i + 1}`, live: i === 5 ? R2 : i === 6 ? undefined : R1 }))
  assert.equal(whereLive(many), `w1, w2, w3, w4 and 2 more are on ${R1}, w6 is on ${R2}, w7 is on nothing`)
})

test('the error prints the command to go forward where only newer releases are left', () => {
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
  assert.equal(
    hint({ a: { releases: [R1, R2, R3], live: R1, bad: [R2, R3] } }),
    `to go forward: shipit test deploy:rollback --release ${R3}`,
    'the newest, if all of them are bad',
  )
})

test('the hint of a rollback shows on which hosts a release is bad', () => {
  const hosts = { web1: { releases: [R1, R2], live: R1, bad: [R2] }, web2: { releases: [R1, R2], live: R2 } }
  assert.throws(() => target(hosts), {
    hint: `name the release: shipit test deploy:rollback --release ${R1}\nreleases that every host has: ${R2} (bad on web1, good on web2), ${R1}`,
  })
  const alike = { web1: { releases: [R1, R2], live: R1, bad: [R2] }, web2: { releases: [R1, R2], live: R1, bad: [R2] } }
  assert.throws(() => target(alike), { hint: new RegExp(`\nreleases that every host has: ${R2} \\(bad\\), ${R1}$`) })
})

test('--release accepts any complete release that every host has', () => {
  assert.equal(target({ a: { releases: [R1, R2], live: R1 }, b: { releases: [R1, R2], live: R2 } }, R2), R2)
  assert.throws(() => target({ a: { releases: [R1], live: R1 }, b: { releases: [R1, R2], live: R2 } }, R2), {
    host: 'a',
    message: `there is no release ${R2} here`,
  })
  assert.throws(() => target({ a: { releases: [R1, R2], live: R2, failed: [R1] } }, R1), /not complete here: its deploy failed/)
  assert.throws(() => target({ a: { releases: [R1], live: R1 } }, 'v1'), { exit: 2 })
})
