import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeHosts } from './support.ts'
import { newReleaseName } from '../../src/plan/release-name.ts'

test('a new release is named after the UTC time, or a second past the newest release anywhere if that is later', () => {
  const { reads } = makeHosts({ a: { releases: ['20260101000000'] }, b: { releases: ['20261231235959'] } })
  assert.equal(newReleaseName(new Date('2027-02-03T04:05:06Z'), reads.values()), '20270203040506')
  assert.equal(newReleaseName(new Date('2026-02-03T04:05:06Z'), reads.values()), '20270101000000')
  assert.equal(newReleaseName(new Date('2026-02-03T04:05:06Z'), []), '20260203040506')
})

test("a new release's name is later than every release of every host, whatever the clock says", () => {
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
