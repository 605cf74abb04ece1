import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { prepend } from '../../src/index.ts'
import { needs } from '../support/needs.ts'
import { startFleet, stateOf, type Fleet, type Ran } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())

const deploy = async (keepReleases = 9): Promise<string> => {
  const ran = await fleet.run(['deploy'], { config: { keepReleases } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  return fleet.live('a')!
}
const warnings = (ran: Ran) => ran.events.flatMap((event) => (event.type === 'log' && event.level === 'warn' ? [event] : []))
/** An `rm` on a that removes a part of the release and then runs `then`. */
const rm = (release: string, then: string) => {
  const bin = fleet.on('a', '../bin')
  mkdirSync(bin, { recursive: true })
  const script = `#!/bin/sh\ncase "$*" in *releases/${release}) /bin/rm -f "$2/index"; ${then};; esac\nexec /bin/rm "$@"\n`
  writeFileSync(join(bin, 'rm'), script, { mode: 0o755 })
  return { env: { PATH: prepend(bin) } }
}

test(
  'a release with a mount in it is not emptied, and the warning has the command that unmounts it',
  { skip: needs('root', 'mount') },
  async () => {
    const [gone, stays] = [await deploy(), await deploy()]
    await deploy()
    await deploy()
    const mount = fleet.on('a', `releases/${stays}/cache`)
    mkdirSync(mount)
    execFileSync('/bin/sh', ['-c', 'mount -t tmpfs tmpfs "$0"', mount])
    try {
      writeFileSync(join(mount, 'of somebody'), '')
      const ran = await fleet.run(['deploy:cleanup'], { config: { keepReleases: 2 } })
      assert.equal(ran.exit, 0)
      assert.deepEqual([fleet.releases('a').includes(gone), fleet.releases('a').includes(stays)], [false, true])
      assert.match(warnings(ran)[0]!.message, /cannot be removed: (\/.*cache) is mounted in it\non that host: sudo umount \1; then/)
      assert.ok(existsSync(join(mount, 'of somebody')) && existsSync(fleet.on('a', `releases/${stays}/index`)))
      assert.equal(stateOf(fleet, 'a', stays), 'removing')
    } finally {
      execFileSync('/bin/sh', ['-c', 'umount -l "$0"', mount])
    }
  },
)

test(
  'a mount is found below a path with a blank and a backslash, and over the release itself',
  { skip: needs('root', 'mount') },
  async () => {
    const config = { deployTo: String.raw`~/my \srv`, keepReleases: 2 }
    const at = (path: string) => fleet.on('a', join(String.raw`../my \srv`, path))
    const old: string[] = []
    for (let i = 0; i < 3; i++) {
      const ran = await fleet.run(['deploy'], { config: { ...config, keepReleases: 9 } })
      assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
      old.push(at(`releases/${ran.end.live.find(({ host }) => host === 'a')!.release}`))
    }
    for (const mount of [join(old[0]!, 'cache'), old[0]!]) {
      mkdirSync(mount, { recursive: true })
      execFileSync('/bin/sh', ['-c', 'mount -t tmpfs tmpfs "$0"', mount])
      try {
        writeFileSync(join(mount, 'of somebody'), '')
        const ran = await fleet.run(['deploy:cleanup'], { config })
        const [said = ''] = warnings(ran).map(({ message }) => message)
        assert.ok(said.includes(`cannot be removed: ${mount} is mounted in it\non that host: sudo umount '${mount}'`), said)
        assert.ok(existsSync(join(mount, 'of somebody')))
      } finally {
        execFileSync('/bin/sh', ['-c', 'umount -l "$0"', mount])
      }
    }
  },
)

test('a half-removed release is not a rollback target, and each clean-up tries again with a warning', async () => {
  const [good, stuck] = [await deploy(), await deploy()]
  await deploy()
  await deploy(2)
  const live = fleet.live('a')!
  const config = { keepReleases: 2, ...rm(stuck, 'echo "rm: cannot remove \'$2/x\': Operation not permitted" >&2; exit 1') }
  rmSync(fleet.on('a', `.shipit/releases/${stuck}`), { force: true })
  mkdirSync(fleet.on('a', `releases/${stuck}`), { recursive: true })
  writeFileSync(fleet.on('a', `releases/${stuck}/x`), '')
  writeFileSync(fleet.on('a', `.shipit/releases/${stuck}`), 'good\n')
  for (let i = 0; i < 2; i++) {
    const ran = await fleet.run(['deploy:cleanup'], { config })
    assert.equal(ran.exit, 0)
    const [warning] = warnings(ran)
    assert.equal(warning?.host, 'a')
    assert.match(warning.message, new RegExp(`releases/${stuck} cannot be removed: rm: cannot remove .*Operation not permitted`))
    assert.match(warning.message, /on that host: sudo chattr -R -i .*; sudo rm -rf .*; then shipit test deploy:cleanup/)
    assert.equal(stateOf(fleet, 'a', stuck), 'removing')
  }
  const named = await fleet.run(['deploy:rollback'], { release: stuck, filter: { hosts: 'a' } })
  assert.match(named.failures[0]!.reason, /is not complete here: is being removed/)
  const back = await fleet.run(['deploy:rollback'], { filter: { hosts: 'a' } })
  assert.ok(![stuck, live, good].includes(fleet.live('a')!), JSON.stringify(back.failures))
  const doctor = await fleet.run([], { doctor: true, filter: { hosts: 'a' } })
  assert.ok(doctor.findings.some(({ message, remedy }) => message.includes(`${stuck} is removing`) && remedy.includes('deploy:cleanup')))
  assert.equal((await fleet.run(['deploy'], { config: { keepReleases: 2 } })).exit, 0)
  assert.ok(!existsSync(fleet.on('a', `releases/${stuck}`)) && !existsSync(fleet.on('a', `.shipit/releases/${stuck}`)))
})

test('Ctrl-C during the removal of a release leaves it marked as being removed, and the next clean-up finishes it', async () => {
  const old = await deploy()
  await deploy()
  await deploy()
  const ran = await fleet.run(['deploy:cleanup'], {
    config: { keepReleases: 2, ...rm(old, 'sleep 60') },
    filter: { hosts: 'a' },
    onEvent: (event, interrupt) => {
      if (event.type !== 'step:start' || event.task !== 'deploy:cleanup') return
      const wait = setInterval(() => {
        if (existsSync(fleet.on('a', `releases/${old}/index`))) return
        clearInterval(wait)
        interrupt('SIGINT')
      }, 20)
    },
  })
  assert.equal(ran.exit, 130)
  assert.equal(stateOf(fleet, 'a', old), 'removing')
  assert.ok(existsSync(fleet.on('a', `releases/${old}`)))
  await fleet.run(['deploy:cleanup'], { config: { keepReleases: 2 } })
  assert.ok(!existsSync(fleet.on('a', `releases/${old}`)))
})

test('a release whose record cannot be written stays, with a warning that has the reason', { skip: needs('root', 'mount') }, async () => {
  const first = await deploy()
  await deploy()
  await deploy()
  const records = fleet.on('a', '.shipit/releases')
  execFileSync('/bin/sh', ['-c', 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"', records])
  try {
    const ran = await fleet.run(['deploy:cleanup'], { config: { keepReleases: 2 } })
    assert.match(warnings(ran)[0]!.message, /Read-only file system/)
    assert.match(warnings(ran)[0]!.message, new RegExp(`${first} is left as it is: its removal cannot be recorded`))
    assert.ok(existsSync(fleet.on('a', `releases/${first}/index`)))
  } finally {
    execFileSync('/bin/sh', ['-c', 'umount -l "$0"', records])
  }
})
