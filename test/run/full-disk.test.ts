import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { sh } from '../../src/shell/sh.ts'
import { needs } from '../support/needs.ts'
import { startFleet, stateOf, type Fleet } from './support.ts'

const skip = needs('root', 'mount', 'umount', 'mkfs.ext4', 'flock')
let fleet: Fleet
/** Runs a script in the deployTo of b. */
const shell = (script: string) => execFileSync('/bin/sh', ['-c', script], { cwd: fleet.on('b', '.') })
before(async () => {
  if (skip !== false) return
  fleet = await startFleet(['a', 'b'])
  // a small disk for one of two hosts
  mkdirSync(fleet.on('b', '.'))
  shell('mount -t tmpfs -o size=1m tmpfs .')
})
after(async () => {
  if (skip !== false) return
  shell('cd /; umount -l "$OLDPWD"')
  await fleet.stop()
})

/**
 * Fills that disk to the last byte. A run that has just ended still writes the lock's mark, so
 * wait for its keeper to end first.
 */
const fill = async (): Promise<void> => {
  while (spawnSync('flock', ['-n', fleet.on('b', '.shipit/lock'), 'true']).status !== 0) await setTimeout(50)
  shell('cat /dev/zero > full 2>/dev/null || :; n=0; while echo x 2>/dev/null > full$n; do n=$((n + 1)); done; rm -f full$n')
  assert.throws(() => writeFileSync(fleet.on('b', 'one'), 'x'), /ENOSPC/)
  rmSync(fleet.on('b', 'one'), { force: true })
}

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
afterEach(() => skip === false && execFileSync('sh', ['-c', 'rm -f "$1"/full*', 'sh', fleet.on('b', '.')]))

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

test('a disk that fills up after the last check does not keep a host from switching', { skip }, async () => {
  const ran = await fleet.run(['deploy'], fills({ 'deploy:prepare_switch': 'fill' }))
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(fleet.live('a'), fleet.live('b'))
  assert.equal(stateOf(fleet, 'b', fleet.live('b')!), 'good')
  assert.deepEqual(shipits(), [])
})

for (const disk of ['tmpfs', 'ext4'] as const)
  test(
    `a full disk (${disk}) does not keep deploy:cleanup from running, which makes room for a rollback as its hint says`,
    { skip },
    async (t) => {
      if (disk === 'ext4') {
        shell('umount -l "$PWD"')
        const image = join(mkdtempSync(join(tmpdir(), 'shipit-disk-')), 'image')
        t.after(() => rmSync(dirname(image), { recursive: true }))
        execFileSync('sh', ['-c', 'truncate -s 8M "$1" && mkfs.ext4 -q -m 0 -O ^has_journal "$1"', 'sh', image])
        shell(`mount -o loop '${image}' .`)
      }
      for (let i = 0; i < 4; i++) assert.equal((await fleet.run(['deploy'], { config: { keepReleases: 9 } })).exit, 0)
      const before = fleet.releases('b')
      assert.ok(before.length > 3)
      await fill()
      const refused = await fleet.run(['deploy:rollback'])
      assert.equal(refused.exit, 1)
      assert.match(refused.failures[0]!.hint ?? '', /disk of this host full.*: shipit test deploy:cleanup$/)
      assert.equal(fleet.live('b'), before.at(-1))
      await fill()
      const ran = await fleet.run(['deploy:cleanup'], { config: { keepReleases: 2 } })
      assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
      assert.ok(!ran.events.some((event) => event.type === 'log' && event.level === 'warn'))
      assert.equal(fleet.releases('b').length, 2)
      assert.equal((await fleet.run(['deploy:rollback'])).exit, 0)
      assert.equal(fleet.live('b'), before.at(-2))
    },
  )

test('the next run removes the files that a killed run left in .shipit, and no others', { skip }, async () => {
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  const left = ['current-20200101000000', 'good-20200101000000', 'record-20200101000000', 'archive.tar']
  for (const name of [...left, 'mine']) writeFileSync(fleet.on('b', `.shipit/${name}`), 'x')
  assert.equal((await fleet.run(['deploy:rollback'])).exit, 0)
  assert.deepEqual(shipits(), ['mine'])
  for (const name of left) writeFileSync(fleet.on('b', `.shipit/${name}`), 'x')
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  assert.deepEqual(shipits(), ['mine'])
})
