import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeHosts } from './support.ts'
import { newReleaseName, rollbackTarget } from '../../src/plan/release.ts'
import { stageWith } from '../tasks/support.ts'

test('a release is named by UTC, or one second past the newest anywhere when that is later', () => {
  const { reads } = makeHosts({ a: { releases: ['20260101000000'] }, b: { releases: ['20261231235959'] } })
  assert.equal(newReleaseName(new Date('2027-02-03T04:05:06Z'), reads.values()), '20270203040506')
  assert.equal(newReleaseName(new Date('2026-02-03T04:05:06Z'), reads.values()), '20270101000000')
  assert.equal(newReleaseName(new Date('2026-02-03T04:05:06Z'), []), '20260203040506')
})

test('a new name is later than every release of every host, whatever the clock says', () => {
  const moment = fc.date({ min: new Date('2000-01-01'), max: new Date('2099-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(moment, fc.array(moment, { maxLength: 5 }), (now, dates) => {
      const names = dates.map((date) => date.toISOString().replace(/\D/g, '').slice(0, 14))
      const { reads } = makeHosts({ a: { releases: names } })
      const name = newReleaseName(now, reads.values())
      assert.match(name, /^\d{14}$/)
      assert.ok(names.every((older) => older < name))
    }),
  )
})

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

test('--release names any good release that every host has', () => {
  assert.equal(target({ a: { releases: [R1, R2], live: R1 }, b: { releases: [R1, R2], live: R2 } }, R2), R2)
  assert.throws(() => target({ a: { releases: [R1], live: R1 }, b: { releases: [R1, R2], live: R2 } }, R2), {
    host: 'a',
    message: `there is no release ${R2} here`,
  })
  assert.throws(() => target({ a: { releases: [R1, R2], live: R2, failed: [R1] } }, R1), /not good here: it is failed/)
  assert.throws(() => target({ a: { releases: [R1], live: R1 } }, 'v1'), { exit: 2 })
})
