import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { missingShells, shells, tempDir } from '../shell/shells.ts'
import { environment, put, sendTo } from './support.ts'

const bytes = Buffer.concat([Buffer.from([0, 255, 10, 13, 0]), randomBytes(300_000), Buffer.from('é\0'.repeat(1000))])
const modeOf = (file: string): number => statSync(file).mode & 0o7777

/** A stream that gives some pieces, and then fails. */
const failing = (...pieces: readonly Uint8Array[]) =>
  async function* () {
    for (const piece of pieces) yield await Promise.resolve(piece)
    throw new Error('the database went away')
  }

describe('the content of a file', { skip: missingShells() }, () => {
  for (const shell of shells)
    test(`arrives byte for byte from a buffer and from a stream in ${shell.join(' ')}`, async () => {
      using temp = tempDir()
      const env = environment(shell[0], temp.dir)
      for (const [name, from] of [
        ['buffer', bytes],
        ['array', new Uint8Array(bytes)],
        ['stream', () => Readable.from([bytes.subarray(0, 7), bytes.subarray(7)])],
        ['web', () => new Blob([bytes]).stream()],
        ['later', async () => Readable.from([bytes])],
      ] as const) {
        const to = join(temp.dir, `deep/it's ${name}`)
        const sent = await sendTo(shell, from, to, { env })
        assert.deepEqual([sent.code, sent.stderr], [0, ''], name)
        assert.match(sent.said, /^(1 file sent, 303 kB|303 kB sent)$/)
        assert.ok(readFileSync(to).equals(bytes), name)
        assert.equal(modeOf(to), 0o644)
      }
      assert.equal(readdirSync(join(temp.dir, 'deep')).length, 5)
    })

  for (const shell of shells)
    test(`of a stream replaces a file only if it differs, and sets its mode in ${shell.join(' ')}`, async () => {
      using temp = tempDir()
      const env = environment(shell[0], temp.dir)
      const to = join(temp.dir, 'file')
      put(temp.dir, { file: bytes })
      chmodSync(to, 0o644)
      const { ino, mtimeMs } = statSync(to)
      const same = await sendTo(shell, () => Readable.from([bytes]), to, { env })
      assert.deepEqual([same.code, same.stderr, same.said], [0, '', '303 kB sent, the same as there'])
      const adjusted = await sendTo(shell, () => Readable.from([bytes]), to, { env, mode: '0600' })
      assert.equal(adjusted.said, '303 kB sent, the same as there; its mode or owner changed')
      assert.deepEqual([statSync(to).ino, statSync(to).mtimeMs, modeOf(to)], [ino, mtimeMs, 0o600])
      const other = await sendTo(shell, () => Readable.from(['other']), to, { env, mode: '0600' })
      assert.deepEqual([other.code, other.said], [0, '5 bytes sent'])
      assert.deepEqual([readFileSync(to, 'utf8'), modeOf(to)], ['other', 0o600])
      assert.notEqual(statSync(to).ino, ino)
      const empty = await sendTo(shell, () => Readable.from([]), to, { env })
      assert.deepEqual([empty.code, empty.said, readFileSync(to, 'utf8')], [0, '0 bytes sent', ''])
    })

  for (const shell of shells)
    test(`of a stream that fails or is cut leaves the old file and nothing else in ${shell.join(' ')}`, async () => {
      using temp = tempDir()
      const env = { ...environment(shell[0], temp.dir), TMPDIR: join(temp.dir, 'tmp') }
      mkdirSync(env.TMPDIR)
      const folder = join(temp.dir, 'there')
      put(folder, { file: 'old' })
      const to = join(folder, 'file')
      for (const pieces of [[], [bytes], [bytes, randomBytes(3_000_000)]]) {
        const sent = await sendTo(shell, failing(...pieces), to, { env })
        assert.notEqual(sent.code, 0)
        assert.match(sent.said, /^the stream for .*file failed: the database went away; the file there is as it was$/)
        assert.equal(sent.stderr, '')
        assert.deepEqual([readdirSync(folder), readFileSync(to, 'utf8')], [['file'], 'old'])
      }
      for (const cut of [90, 200, 5000, 200_000, 300_000]) {
        const sent = await sendTo(shell, () => Readable.from([bytes]), to, { env, cut })
        assert.notEqual(sent.code, 0, `${cut}`)
        assert.deepEqual([readdirSync(folder), readFileSync(to, 'utf8')], [['file'], 'old'], `${cut}`)
      }
      assert.deepEqual(readdirSync(env.TMPDIR), [])
    })
})

test('a stream is not opened for a file that is to stay, nor for a place that cannot be a file', async () => {
  using temp = tempDir()
  put(temp.dir, { file: 'mine', 'folder/x': '' })
  assert.equal(spawnSync('mkfifo', [join(temp.dir, 'pipe')]).status, 0)
  const never = (): never => assert.fail('it was opened')
  const kept = await sendTo(['/bin/sh'], never, join(temp.dir, 'file'), { when: 'missing' })
  assert.deepEqual([kept.code, kept.said], [0, 'nothing to send: the file is there'])
  const folder = await sendTo(['/bin/sh'], never, join(temp.dir, 'folder'))
  assert.match(folder.stderr, /folder is a directory/)
  const pipe = await sendTo(['/bin/sh'], never, join(temp.dir, 'pipe'))
  assert.match(pipe.said, /pipe is neither a file nor a folder, where the stream is a file; nothing was changed/)
})

test('content takes the place of a link, and writes nothing through it', async () => {
  using temp = tempDir()
  for (const from of [Buffer.from('new'), () => Readable.from(['new'])]) {
    put(temp.dir, { 'outside/file': 'new' })
    const to = join(temp.dir, `link-${typeof from}`)
    symlinkSync('outside/file', to)
    assert.equal((await sendTo(['/bin/sh'], from, to)).code, 0)
    assert.ok(lstatSync(to).isFile())
  }
})

test('a function that opens no stream, or one of objects, is an error that says so', async () => {
  using temp = tempDir()
  const to = join(temp.dir, 'file')
  const none = await sendTo(['/bin/sh'], (() => 'text') as never, to)
  assert.match(none.said, /returned no stream/)
  const objects = await sendTo(['/bin/sh'], () => Readable.from([{ a: 1 }]) as never, to)
  assert.match(objects.said, /it gives objects, and not bytes/)
  const throws = await sendTo(['/bin/sh'], () => Promise.reject(new Error('no such dump')), to)
  assert.match(throws.said, /failed: no such dump/)
  assert.deepEqual(readdirSync(temp.dir), [])
})

test(
  'a stream is closed when the host takes nothing more, and that is not its own failure',
  { skip: needs('root', 'mount', 'umount') },
  async () => {
    using temp = tempDir()
    assert.equal(spawnSync('/bin/sh', ['-c', 'mount -t tmpfs -o size=1m tmpfs "$1"', 'sh', temp.dir]).status, 0)
    try {
      put(temp.dir, { file: 'old' })
      const closed = Promise.withResolvers<void>()
      const endless = new Readable({
        read() {
          this.push(randomBytes(100_000))
        },
        destroy(_, done) {
          closed.resolve()
          done(null)
        },
      })
      const sent = await sendTo(['/bin/sh'], () => endless, join(temp.dir, 'file'))
      await closed.promise
      assert.notEqual(sent.code, 0)
      assert.match(sent.stderr, /No space left on device/)
      assert.doesNotMatch(sent.said, /the stream for/)
      assert.deepEqual([readdirSync(temp.dir), readFileSync(join(temp.dir, 'file'), 'utf8')], [['file'], 'old'])
    } finally {
      spawnSync('/bin/sh', ['-c', 'umount -l "$1"', 'sh', temp.dir])
    }
  },
)
