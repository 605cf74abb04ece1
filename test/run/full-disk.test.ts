import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { after, afterEach, before, test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { needs } from '../support/needs.ts'
import { startFleet, stateOf, type Fleet } from './support.ts'

const skip = needs('root', 'mount', 'umount')
let fleet: Fleet
/** In the deploy_to of b. */
const shell = (script: string) => execFileSync('/bin/sh', ['-c', script], { cwd: fleet.on('b', '.') })
before(async () => {
  if (skip !== false) return
  fleet = await startFleet(['a', 'b'])
  // a small disk of its own, on one of two hosts
  mkdirSync(fleet.on('b', '.'))
  shell('mount -t tmpfs -o size=1m tmpfs .')
})
after(async () => {
  if (skip !== false) return
  shell('cd /; umount -l "$OLDPWD"')
  await fleet.stop()
})

/** Fills the disk of b at a point of the deploy. */
const fills = (on: Record<string, 'fill'>) => ({
  config: {
    keepReleases: 2,
    tasks: {
      fill: { steps: ({ host }: { host: { name: string } }) => [host.name === 'b' && sh`cat /dev/zero > srv/full 2>/dev/null || :`] },
    },
    hooks: { after: on },
  },
})
const shipits = (): string[] => readdirSync(fleet.on('b', '.shipit')).filter((name) => !['lock', 'lock.run', 'releases'].includes(name))
afterEach(() => skip === false && rmSync(fleet.on('b', 'full'), { force: true }))

test('a disk that fills up while the release is built changes nothing on any host', { skip }, async () => {
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  const live = fleet.live('a')
  const ran = await fleet.run(['deploy'], fills({ 'deploy:updated': 'fill' }))
  assert.equal(ran.exit, 1)
  assert.deepEqual([fleet.live('a'), fleet.live('b')], [live, live])
  assert.match(ran.failures[0]!.hint ?? '', /disk/)
  assert.deepEqual(fleet.releases('b'), [live], 'the unfinished release is gone, though its record could not be written anew')
  assert.deepEqual(shipits(), [])
})

test('a disk that fills up between the last check and the switch does not keep a host from switching', { skip }, async () => {
  const ran = await fleet.run(['deploy'], fills({ 'deploy:prepare_switch': 'fill' }))
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(fleet.live('a'), fleet.live('b'))
  assert.equal(stateOf(fleet, 'b', fleet.live('b')!), 'good')
  assert.deepEqual(shipits(), [])
})

test('clean-up removes old releases from a disk that is full', { skip }, async () => {
  for (let i = 0; i < 3; i++) assert.equal((await fleet.run(['deploy'], { config: { keepReleases: 9 } })).exit, 0)
  assert.ok(fleet.releases('b').length > 3)
  shell('cat /dev/zero > full 2>/dev/null || :')
  const ran = await fleet.run(['deploy:cleanup'], { config: { keepReleases: 2 } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.ok(!ran.events.some((event) => event.type === 'log' && event.level === 'warn'))
  assert.equal(fleet.releases('b').length, 2)
})

test('what a run that was killed left in .shipit goes with the next run, and nothing else', { skip }, async () => {
  const left = ['current-20200101000000', 'good-20200101000000', 'record-20200101000000', 'archive.tar']
  for (const name of [...left, 'mine']) writeFileSync(fleet.on('b', `.shipit/${name}`), 'x')
  assert.equal((await fleet.run(['deploy:rollback'])).exit, 0)
  assert.deepEqual(shipits(), ['mine'])
  for (const name of left) writeFileSync(fleet.on('b', `.shipit/${name}`), 'x')
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  assert.deepEqual(shipits(), ['mine'])
})
