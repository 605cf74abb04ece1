import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { missingShells, shells, tempDir } from '../shell/shells.ts'
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

test('upload() removes what a killed one left, and not what a running one uses', async () => {
  using temp = tempDir()
  const [from, to] = [join(temp.dir, 'from'), join(temp.dir, 'to')]
  put(from, { a: 'a' })
  const running = `.shipit-upload.${process.pid}.abcdef/files/x`
  put(to, { '.shipit-upload.999999999.abcdef/files/x': '', [running]: '', '.shipit-upload.mine': '' })
  symlinkSync(from, join(to, '.shipit-upload.999999998.abcdef'))
  await sendTo(['/bin/sh'], from, to)
  assert.deepEqual(readdirSync(to).sort(), ['.shipit-upload.999999998.abcdef', '.shipit-upload.mine', running.split('/')[0]!, 'a'].sort())
  assert.ok(existsSync(join(from, 'a')))
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
