import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { missingShells, shells, tempDir } from '../shell/shells.ts'
import { until } from '../transport/contract-support.ts'
import { contents, environment, put, putOddTree, sendTo } from './support.ts'

describe('the program of upload()', { skip: missingShells() }, () => {
  for (const shell of shells)
    test(`takes, compares, removes and changes modes in ${shell.join(' ')}`, async () => {
      using temp = tempDir()
      const [from, to] = [join(temp.dir, 'from'), join(temp.dir, 'to')]
      const env = environment(shell[0], temp.dir)
      putOddTree(from)
      chmodSync(join(from, 'mode'), 0o711)
      put(to, { same: 'same', changed: 'old', mode: 'mode', 'gone/x': '', 'gone too': '', 'link/in/the/way': '' })
      const refused = await sendTo(shell, from, to, { delete: true, env })
      assert.deepEqual([refused.code, refused.stderr], [1, ''])
      assert.match(refused.said, /link in .* is a folder, where .* is a link; nothing was changed/)
      rmSync(join(to, 'link'), { recursive: true })
      const before = Date.now()
      const sent = await sendTo(shell, from, to, { delete: true, env })
      assert.deepEqual([sent.code, sent.stderr], [0, ''])
      assert.match(sent.said, /^305 of 307 files sent, .*; 2 removed; the mode or owner of 1 changed$/)
      assert.deepEqual(contents(to), contents(from))
      assert.ok(statSync(join(to, 'changed')).mtimeMs > before - 2000)
      const again = await sendTo(shell, from, to, { delete: true, env })
      assert.deepEqual([again.code, again.stderr, again.said], [0, '', 'nothing to send: all 307 files are there'])
    })

  for (const shell of shells)
    test(`changes nothing if the files do not arrive completely in ${shell.join(' ')}`, async () => {
      using temp = tempDir()
      const [from, to] = [join(temp.dir, 'from'), join(temp.dir, 'to')]
      const env = environment(shell[0], temp.dir)
      const tmp = join(temp.dir, 'tmp')
      mkdirSync(tmp)
      put(from, { a: randomBytes(2000), b: randomBytes(90_000), c: 'c' })
      put(to, { a: 'old', d: 'stays' })
      const before = contents(to)
      // in the requests, in a header, in a file, and between two files
      for (const cut of [20, 60, 700, 3000, 4000, 60_000, 94_000]) {
        const sent = await sendTo(shell, from, to, { delete: true, env: { ...env, TMPDIR: tmp }, cut })
        assert.notEqual(sent.code, 0)
        assert.deepEqual(contents(to), before, `${cut}`)
      }
      assert.deepEqual(readdirSync(tmp), [])
    })
})

describe('the folder of a killed upload', { skip: missingShells() }, () => {
  for (const shell of shells)
    test(`is removed by the next one, and what a running one uses is not, in ${shell.join(' ')}`, async () => {
      using temp = tempDir()
      const [from, to] = [join(temp.dir, 'from'), join(temp.dir, 'to')]
      const env = environment(shell[0], temp.dir)
      put(from, { a: 'a' })
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      const began = readFileSync(`/proc/${process.pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[19]!
      const { pid } = process
      // by the content of `by`; undefined: it has none
      const left: Readonly<Record<string, string | undefined>> = {
        '999999999.dead': undefined,
        '999999998.dead': `999999998 1 ${boot} ${hostname()}`,
        [`${pid}.reused`]: `${pid} ${Number(began) - 1} ${boot} ${hostname()}`,
        [`${pid}.rebooted`]: `${pid} ${began} 00000000-0000-0000-0000-000000000000 ${hostname()}`,
        '999999997.old': `999999997 1 ${boot} other.example`,
      }
      const used: Readonly<Record<string, string | undefined>> = {
        [`${pid}.unknown`]: undefined,
        [`${pid}.running`]: `${pid} ${began} ${boot} ${hostname()}`,
        '999999996.elsewhere': `999999996 1 ${boot} other.example`,
        mine: undefined,
      }
      for (const [name, by] of Object.entries({ ...left, ...used }))
        put(to, {
          [`.shipit-upload.${name}/files/x`]: '',
          ...(by === undefined ? {} : { [`.shipit-upload.${name}/by`]: `${by}\n` }),
        })
      const yesterday = Date.now() / 1000 - 2 * 24 * 3600
      utimesSync(join(to, '.shipit-upload.999999997.old'), yesterday, yesterday)
      symlinkSync(from, join(to, '.shipit-upload.999999995.link'))
      const sent = await sendTo(shell, from, to, { env })
      assert.deepEqual([sent.code, sent.stderr], [0, ''])
      assert.deepEqual(
        readdirSync(to).sort(),
        ['.shipit-upload.999999995.link', ...Object.keys(used).map((name) => `.shipit-upload.${name}`), 'a'].sort(),
      )
      assert.ok(existsSync(join(from, 'a')))
    })

  for (const shell of shells)
    test(`names the process that made it in ${shell.join(' ')}`, async () => {
      using temp = tempDir()
      const to = join(temp.dir, 'to')
      const env = environment(shell[0], temp.dir)
      mkdirSync(to)
      let by = ''
      async function* pieces() {
        yield await Promise.resolve(randomBytes(100_000))
        await until(() => readdirSync(to).length > 0 && existsSync(join(to, readdirSync(to)[0]!, 'files')), 'it has begun')
        const [stage] = readdirSync(to)
        by = readFileSync(join(to, stage!, 'by'), 'utf8')
        const [, pid] = /\.(\d+)\./.exec(stage!)!
        const began = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')[19]!
        assert.equal(by, `${pid} ${began} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${hostname()}\n`)
      }
      const sent = await sendTo(shell, pieces, join(to, 'file'), { env })
      assert.deepEqual([sent.code, sent.said], [0, '100 kB sent'])
      assert.notEqual(by, '')
      assert.deepEqual(readdirSync(to), ['file'])
    })
})

test('upload() goes on beside what another account left', { skip: needs('root', 'setpriv') }, async () => {
  using temp = tempDir()
  const to = join(temp.dir, 'to')
  const TMPDIR = join(temp.dir, 'tmp')
  put(to, { '.shipit-upload.999999999.dead/files/x': '' })
  mkdirSync(TMPDIR)
  chmodSync(temp.dir, 0o755)
  chmodSync(TMPDIR, 0o1777)
  chownSync(to, 65534, 65534)
  const sent = await sendTo(
    ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '/bin/sh'],
    Buffer.from('new'),
    join(to, 'file'),
    { env: { ...process.env, TMPDIR } },
  )
  assert.deepEqual([sent.code, sent.stderr], [0, ''])
  assert.equal(readFileSync(join(to, 'file'), 'utf8'), 'new')
})

test('upload() refuses a file that changes while it is sent', async () => {
  using temp = tempDir()
  const [from, to] = [join(temp.dir, 'from'), join(temp.dir, 'to')]
  put(from, { large: randomBytes(8_000_000) })
  const sending = sendTo(['/bin/sh'], from, to)
  truncateSync(join(from, 'large'), 7_000_000)
  const sent = await sending
  // it may have been listed before or after
  if (sent.code === 0) assert.equal(statSync(join(to, 'large')).size, 7_000_000)
  else assert.match(sent.said, /large changed while it was sent/)
})

test('upload() says why a full disk took nothing', { skip: needs('root', 'mount', 'umount') }, async () => {
  using temp = tempDir()
  const [from, to] = [join(temp.dir, 'from'), join(temp.dir, 'to')]
  mkdirSync(to)
  assert.equal(spawnSync('/bin/sh', ['-c', 'mount -t tmpfs -o size=1m tmpfs "$1"', 'sh', to]).status, 0)
  try {
    put(to, { a: 'old' })
    put(from, { a: 'new', b: randomBytes(3_000_000) })
    const sent = await sendTo(['/bin/sh'], from, to)
    assert.notEqual(sent.code, 0)
    assert.match(sent.stderr, /No space left on device/)
    assert.deepEqual(readdirSync(to), ['a'])
    assert.equal(readFileSync(join(to, 'a'), 'utf8'), 'old')
  } finally {
    spawnSync('/bin/sh', ['-c', 'umount -l "$1"', 'sh', to])
  }
})
