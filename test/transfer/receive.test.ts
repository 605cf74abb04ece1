import assert from 'node:assert/strict'
import { chmodSync, linkSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { missingShells, shells, tempDir } from '../shell/shells.ts'
import { contents, environment, fetchFrom, put, putOddTree } from './support.ts'

describe('the program of download()', { skip: missingShells() }, () => {
  for (const shell of shells)
    test(`compares and gives in ${shell.join(' ')}`, async () => {
      using temp = tempDir()
      const [from, to] = [join(temp.dir, 'from'), join(temp.dir, 'to')]
      const env = environment(shell[0], temp.dir)
      putOddTree(from)
      linkSync(join(from, 'changed'), join(from, 'twin'))
      chmodSync(join(from, 'mode'), 0o711)
      put(to, { same: 'same', changed: 'old', mode: 'mode' })
      const got = await fetchFrom(shell, from, to, { env })
      assert.deepEqual([got.code, got.stderr], [0, ''])
      assert.match(got.said, /^306 of 308 files fetched/)
      assert.deepEqual(contents(to), contents(from))
      const again = await fetchFrom(shell, from, to, { env })
      assert.deepEqual([again.code, again.stderr, again.said], [0, '', 'nothing to fetch: all 308 files are here'])
      const one = await fetchFrom(shell, join(from, 'link'), join(temp.dir, 'one'), { env })
      assert.deepEqual([one.code, one.stderr, one.said], [0, '', '1 file fetched, 3 bytes'])
    })
})

test('download() makes an empty folder', async () => {
  using temp = tempDir()
  mkdirSync(join(temp.dir, 'from'))
  assert.equal((await fetchFrom(['/bin/sh'], join(temp.dir, 'from'), join(temp.dir, 'to'))).code, 0)
  assert.deepEqual(readdirSync(join(temp.dir, 'to')), [])
})
