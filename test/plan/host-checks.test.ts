import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreChecks, coreFindings, fleetFindings, type Examined } from '../../src/plan/host-checks.ts'
import { callFor } from '../support/call.ts'
import { hostOf } from '../support/context.ts'

const shipit = callFor('production')
const GB = 1024 ** 3
const well: Examined = {
  stage: {
    name: 'production',
    shipit,
    application: 'shop',
    deployTo: '/srv/shop',
    currentDirectory: 'current',
    linkedFiles: ['.env', 'config/a key'],
    linkedSources: [],
  },
  host: hostOf(),
  layout: {
    home: '/home/deploy',
    user: 'deploy',
    current: { kind: 'link', target: '/srv/shop/releases/20261125101112', release: '20261125101112', exists: true },
    revision: undefined,
    releases: [],
    repo: { exists: true, url: undefined },
    commit: undefined,
    missing: [],
    mvT: true,
  },
  doctor: {
    now: 1000,
    at: { path: '/srv/shop', directory: true },
    place: undefined,
    closed: [],
    unlinked: [],
    disk: { total: 100 * GB, free: 50 * GB, mount: '/' },
    inodes: { total: 1_000_000, free: 900_000, mount: '/' },
    lock: undefined,
  },
  readBetween: { from: 999, to: 1001 },
  repository: undefined,
}
const found = (layout: Partial<Examined['layout']>, doctor: Partial<Examined['doctor']> = {}, more: Partial<Examined> = {}): string[] =>
  coreFindings({ ...well, ...more, layout: { ...well.layout, ...layout }, doctor: { ...well.doctor, ...doctor } }).map(
    ({ level, message, remedy }) => `${level}: ${message} → ${remedy}`,
  )

test('a healthy host has no findings', () => {
  assert.deepEqual(found({}), [])
  assert.deepEqual(found({ current: { kind: 'none' } }, { disk: undefined, inodes: undefined, now: undefined }), [])
  assert.ok(coreChecks({ release: true }) > 8)
})

test('missing programs, a wrong current and an unreadable repository are errors', () => {
  assert.deepEqual(found({ missing: ['git', 'flock'] }), [
    'error: these programs are missing: git, flock → install them on the host, e.g. sudo apt-get install git util-linux',
  ])
  assert.match(found({ current: { kind: 'other', what: 'a directory' } }).join(), /^error: current is a directory, not a link/)
  assert.deepEqual(found({ current: { kind: 'link', target: '/srv/shop/releases/20260101000000', release: undefined, exists: false } }), [
    'error: current points to /srv/shop/releases/20260101000000, which does not exist → point it to a new release: shipit production deploy',
  ])
  assert.deepEqual(found({}, {}, { repository: { message: 'no', remedy: 'do' } }), ['error: no → do'])
})

test('a folder that cannot be created or that another account owns is an error', () => {
  assert.deepEqual(found({}, { at: { path: '/srv', directory: true }, closed: [{ owner: 'root', path: '/srv' }] }), [
    'error: deploy cannot make /srv/shop: /srv belongs to root → sudo install -d -o deploy /srv/shop',
  ])
  const closed = ['/srv/shop/releases', '/srv/shop/.shipit', '/srv/shop/.shipit/releases'].map((path) => ({ owner: 'root', path }))
  assert.deepEqual(found({}, { closed }), [
    'error: deploy may not write in /srv/shop/releases, /srv/shop/.shipit, /srv/shop/.shipit/releases: they belong to root → sudo chown -R deploy /srv/shop/releases /srv/shop/.shipit',
  ])
  assert.deepEqual(found({}, { closed: closed.map((one) => ({ ...one, owner: 'deploy' })) }), [
    'error: deploy may not write in /srv/shop/releases, /srv/shop/.shipit, /srv/shop/.shipit/releases: their mode forbids it → chmod u+rwx /srv/shop/releases /srv/shop/.shipit /srv/shop/.shipit/releases',
  ])
  const blank = { ...well.stage, deployTo: '/srv/my shop' }
  assert.deepEqual(found({}, { at: { path: '/srv', directory: true }, closed: [{ owner: 'root', path: '/srv' }] }, { stage: blank }), [
    "error: deploy cannot make /srv/my shop: /srv belongs to root → sudo install -d -o deploy '/srv/my shop'",
  ])
  assert.deepEqual(
    found({}, { at: { path: '/srv/my shop', directory: true }, closed: [{ owner: 'root', path: '/srv/my shop' }] }, { stage: blank }),
    ["error: deploy may not write in /srv/my shop: it belongs to root → sudo chown -R deploy '/srv/my shop'"],
  )
  assert.match(
    found({}, { closed: [{ owner: 'root', path: '/srv/shop' }] }).join(),
    /^error: deploy may not write in \/srv\/shop: it belongs/,
  )
  const home = { ...well.stage, deployTo: '~/shop/' }
  const own = { at: { path: '/home/deploy/shop', directory: true }, closed: [{ owner: 'root', path: '/home/deploy/shop' }] }
  assert.match(found({}, own, { stage: home }).join(), /may not write in \/home\/deploy\/shop:/)
  assert.match(found({}, { at: { path: '/srv', directory: false }, closed: [] }).join(), /^error: \/srv is not a directory/)
})

test('less than 5 % of free disk or inodes is a warning, and too little for a release an error', () => {
  const disk = (total: number, free: number) => found({}, { disk: { total, free, mount: '/srv' } }).map((text) => text.split(' →')[0])
  assert.deepEqual(disk(100 * GB, 5 * GB), [])
  assert.deepEqual(disk(100 * GB, 4 * GB), ['warning: 4.0 GB of 100.0 GB are free on /srv'])
  assert.deepEqual(disk(100 * GB, GB / 8), ['error: 128 MB of 100.0 GB are free on /srv'])
  assert.deepEqual(disk(GB / 4, GB / 8), ['error: 128 MB of 256 MB are free on /srv'])
  const inodes = (free: number) => found({}, { inodes: { total: 100_000, free, mount: '/' } }).map((text) => text.split(' inodes')[0])
  assert.deepEqual([inodes(5000), inodes(4999), inodes(10)], [[], ['warning: 4999 of 100000'], ['error: 10 of 100000']])
})

test('a lock that another run holds and a clock that is more than a minute off are warnings', () => {
  assert.deepEqual(
    found({}, { lock: { owner: 'anna@desk', what: 'production deploy', since: 1_764_000_000 } }).map((text) => text.split(' →')[0]),
    ['warning: another run holds the lock: anna@desk: production deploy, since 2025-11-24 16:00:00 UTC'],
  )
  for (const since of [Number.NaN, 1e300, 0])
    assert.match(
      found({}, { lock: { owner: 'anna@desk', what: 'production deploy', since } }).join(),
      /^warning: another run holds the lock: anna@desk: production deploy →/,
    )
  const clock = (now: number) => found({}, { now }).map((text) => text.split(' →')[0])
  assert.deepEqual(clock(1061), [])
  assert.deepEqual(clock(939), [])
  assert.deepEqual(clock(1062), ["warning: its clock is 61 seconds ahead of this machine's"])
  assert.deepEqual(clock(399), ["warning: its clock is 10 minutes behind this machine's"])
})

test('a host without releases has only its clock checked', () => {
  assert.deepEqual(found({ missing: ['git'] }, { closed: [{ owner: 'root', path: '/' }] }, { host: hostOf({ release: false }) }), [])
  assert.equal(coreChecks({ release: false }), 1)
})

test('hosts on different releases are reported once', () => {
  const on = (release: string | undefined) => ({ release, revision: undefined })
  assert.deepEqual(
    fleetFindings(
      { shipit },
      new Map([
        ['a', on('1')],
        ['b', on('1')],
      ]),
      [],
    ),
    [],
  )
  const [one, ...more] = fleetFindings(
    { shipit },
    new Map([
      ['a', on('1')],
      ['b', on('2')],
      ['c', on('1')],
      ['d', on(undefined)],
    ]),
    [],
  )
  assert.deepEqual(
    [one?.level, one?.message, more.length],
    ['warning', 'the hosts are on different releases: 1 on a, c; 2 on b; none on d', 0],
  )
})
