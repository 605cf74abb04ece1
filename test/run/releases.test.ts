import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
  for (let i = 0; i < 2; i++) await deploys()
})
after(() => fleet.stop())

const deploys = async (config: Record<string, unknown> = {}) => {
  const ran = await fleet.run(['deploy'], { config })
  assert.deepEqual(ran.failures, [])
  assert.equal(ran.exit, 0)
}

test('foreign folders in releases are left alone, with 14 digits too, and the next name is a date', async () => {
  for (const name of ['99999999999999', 'backup', '20260101']) mkdirSync(fleet.on('a', `releases/${name}`))
  await deploys()
  await deploys()
  assert.match(fleet.live('a')!, /^20\d{12}$/)
  for (const name of ['99999999999999', 'backup', '20260101']) assert.ok(existsSync(fleet.on('a', `releases/${name}`)), name)
  rmSync(fleet.on('a', 'releases/99999999999999'), { recursive: true })
})

test('a link in releases counts as its target, which stays, live or not', async () => {
  const live = fleet.live('b')!
  const names = ['20200101000000', '20200102000000']
  symlinkSync(fleet.on('b', `releases/${live}`), fleet.on('b', `releases/${names[0]}`))
  symlinkSync(live, fleet.on('b', `releases/${names[1]}`))
  for (const config of [{ keepReleases: 1 }, { keepReleases: 3 }]) {
    assert.equal((await fleet.run(['deploy:cleanup'], { config })).exit, 0)
    assert.ok(existsSync(fleet.on('b', 'current/index')))
  }
  // through the link too
  rmSync(fleet.on('b', 'current'))
  symlinkSync(fleet.on('b', `releases/${names[0]}`), fleet.on('b', 'current'))
  assert.equal((await fleet.run(['deploy:cleanup'], { config: { keepReleases: 1 } })).exit, 0)
  assert.ok(existsSync(fleet.on('b', 'current/index')))
  await deploys()
  assert.equal((await fleet.run(['deploy:rollback'])).exit, 0)
  assert.equal(readlinkSync(fleet.on('b', 'current')), fleet.on('b', `releases/${live}`))
  for (const name of names) rmSync(fleet.on('b', `releases/${name}`))
  await deploys()
  await deploys()
})

test('a deploy replaces a current that is relative, dangling or foreign, and a rollback refuses to guess', async () => {
  const put = (host: string, target: string) => {
    rmSync(fleet.on(host, 'current'))
    symlinkSync(target, fleet.on(host, 'current'))
  }
  const [older, live] = [fleet.releases('b').at(-2)!, fleet.live('b')!]
  for (const host of ['a', 'b']) put(host, `releases/${live}`)
  assert.equal((await fleet.run(['deploy:rollback'])).exit, 0)
  assert.equal(readlinkSync(fleet.on('b', 'current')), fleet.on('b', `releases/${older}`))
  for (const host of ['a', 'b']) put(host, '/tmp')
  const ran = await fleet.run(['deploy:rollback'])
  assert.equal(ran.exit, 1)
  assert.match(ran.failures[0]!.reason, /current points to \/tmp/)
  await deploys()
  for (const host of ['a', 'b']) put(host, fleet.on(host, 'releases/20200101000000'))
  await deploys()
})

test('a rollback is refused where hosts differ, --release aligns them, and a later failure exits 7', async () => {
  const before = fleet.live('a')!
  fleet.commit('index', 'next')
  assert.equal((await fleet.run(['deploy'], { filter: { hosts: 'a' } })).exit, 0)
  assert.notEqual(fleet.live('a'), fleet.live('b'))
  assert.match((await fleet.run(['deploy:rollback'])).failures[0]!.reason, /on different releases/)
  const ran = await fleet.run(['deploy:rollback'], {
    release: before,
    config: {
      tasks: {
        bad: {
          run: () => {
            throw new Error('bad')
          },
        },
      },
      hooks: { after: { 'deploy:published': 'bad' } },
    },
  })
  assert.deepEqual([fleet.live('a'), fleet.live('b')], [before, before])
  assert.equal(ran.exit, 7)
  await deploys()
  assert.equal(fleet.live('a'), fleet.live('b'))
})

test('deploys in one second, or with a clock that goes backwards, still have increasing names', async () => {
  const now = new Date('2001-01-01T00:00:00Z')
  const names = [fleet.live('a')!]
  for (let i = 0; i < 2; i++) {
    await fleet.run(['deploy'], { now })
    names.push(fleet.live('a')!)
  }
  assert.deepEqual(names, [...new Set(names)].sort())
})

test('keepReleases 1 keeps the live release and one to roll back to', async () => {
  const before = fleet.live('a')!
  await deploys({ keepReleases: 1 })
  assert.deepEqual(
    fleet.releases('a').filter((name) => /^\d{14}$/.test(name)),
    [before, fleet.live('a')!],
  )
})

test('a deployTo that was moved and is now a link can be rolled back', async () => {
  await deploys()
  const older = fleet.live('a')!
  await deploys()
  const newest = fleet.live('a')!
  for (const host of ['a', 'b']) {
    renameSync(fleet.on(host, '.'), fleet.on(host, '../data'))
    symlinkSync(fleet.on(host, '../data'), fleet.on(host, '.').replace(/\/$/, ''))
    rmSync(fleet.on(host, 'current'))
    symlinkSync(fleet.on(host, `../data/releases/${newest}`), fleet.on(host, 'current'))
  }
  const ran = await fleet.run(['deploy:rollback'])
  assert.deepEqual(ran.failures, [])
  assert.equal(fleet.live('b'), older)
})
