import assert from 'node:assert/strict'
import { test } from 'node:test'
import { statusLines } from '../../../src/cli/look/status-text.ts'
import { plainPaint } from '../../../src/output/colours.ts'
import type { HostStatus, StageStatus } from '../../../src/run/status-types.ts'
import { width } from '../../../src/values/width.ts'

const R1 = '20261121090000'
const R2 = '20261122141200'
const subject = 'Show what a customer has bought before, on the first page and in every letter that we send'
const host = (name: string, given: Partial<HostStatus> = {}): HostStatus => ({
  host: name,
  read: true,
  releases: true,
  live: {
    release: R2,
    state: 'good',
    revision: 'a'.repeat(40),
    commit: { subject, author: 'Ada', written: 1 },
    branch: 'main',
    by: 'a.person.with.a.long.name',
    since: 1,
    age: 7300,
  },
  elsewhere: undefined,
  differs: false,
  before: R1,
  lock: undefined,
  hold: undefined,
  services: [{ recipe: 'puma', name: 'puma.service', state: 'active', up: true, pid: 1, release: R2, from: 'live' }],
  unread: [],
  ...given,
})
const fleet = (hosts: readonly HostStatus[], drift: StageStatus['drift'] = []): StageStatus => ({
  application: 'shop',
  stage: 'production',
  hosts,
  drift,
  headline: 'the headline',
})
const names = Array.from({ length: 14 }, (_, i) => `app${i + 1}.example.com`)

test('the status of many hosts that agree has one row, with their number', () => {
  assert.deepEqual(
    statusLines(fleet(names.map((name, i) => host(name, { live: { ...host('x').live!, age: 7300 + i } }))), 80, plainPaint),
    [
      '  host      live            commit   by            for',
      '  14 hosts  20261122141200  aaaaaaa  a.person.wi…  2 h',
      '    Show what a customer has bought before, on the first page and in every lett…',
      '    before it: 20261121090000',
      '',
      '  service       host      state   release',
      '  puma.service  14 hosts  active  20261122141200',
      '',
      '✔ the headline',
    ],
  )
})

test('the name of a service is whole where the line has room for it', () => {
  const service = {
    recipe: 'sidekiq',
    name: 'sidekiq-of-the-shop@1.service',
    state: 'active',
    up: true,
    pid: 1,
    release: R2,
    from: 'live',
  } as const
  const rows = (columns: number) => statusLines(fleet([host('h1', { services: [service] })]), columns, plainPaint).slice(6, 7)
  assert.deepEqual(rows(80), [`  sidekiq-of-the-shop@1.service  h1    active  ${R2}`])
  assert.deepEqual(rows(50), [`  sidekiq-of-the-sh…  h1    active  ${R2}`])
})

test('the status of hosts that differ names each of them, in the width of the terminal', () => {
  const others = names.map((name, i) => {
    if (i === 3) return host(name, { read: false, live: undefined, services: [] })
    if (i === 5)
      return host(name, {
        differs: true,
        live: { ...host('x').live!, release: R1, state: 'doubtful', by: undefined, age: undefined, commit: undefined },
      })
    if (i === 7)
      return host(name, {
        services: [{ recipe: 'puma', name: 'puma.service', state: 'failed', up: false, release: undefined, from: 'none' }],
      })
    return host(name)
  })
  for (const columns of [80, 100]) {
    const lines = statusLines(fleet(others, [{ host: names[5]!, what: 'is elsewhere' }]), columns, plainPaint)
    for (const line of lines) assert.ok(width(line) <= columns, line)
    for (const name of [3, 5, 7]) assert.ok(lines.some((line) => line.includes(names[name]!)))
    assert.ok(lines.includes(`  ${names[5]}  ${R1}  aaaaaaa  -             -    ⚠ differs`))
    assert.ok(lines.includes('    its state is doubtful'))
    assert.ok(lines.includes('  puma.service  12 hosts          active    20261122141200'))
    assert.deepEqual(lines.slice(-2), [`⚠ ${names[5]}: is elsewhere`, '⚠ the headline'])
  }
})

test('a status shows what hosts and people wrote without their control characters', () => {
  const lines = statusLines(
    fleet([host('a', { live: { ...host('x').live!, by: 'e\u001b[31mve', commit: { subject: 'a\u0007b', author: '', written: 1 } } })]),
    80,
    plainPaint,
  )
  // oxlint-disable-next-line no-control-regex -- that is what is tested
  assert.doesNotMatch(lines.join(''), /[\u0000-\u001f]/)
})
