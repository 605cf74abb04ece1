import assert from 'node:assert/strict'
import { chmodSync, linkSync, mkdirSync, readFileSync, readdirSync, utimesSync } from 'node:fs'
import { hostname } from 'node:os'
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

test('download() removes what a killed one left, and not what a running one uses', async () => {
  using temp = tempDir()
  const [from, to] = [join(temp.dir, 'from'), join(temp.dir, 'to')]
  put(from, { a: 'a' })
  const { pid } = process
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const began = Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19],
  )
  const mark = (name: string, by: string | undefined) =>
    put(to, { [`.shipit-download.${name}/0`]: '', ...(by === undefined ? {} : { [`.shipit-download.${name}/by`]: by }) })
  mark('999999999.dead', undefined)
  mark(`${pid}.reused`, `${pid} ${began - 1} ${boot} ${hostname()}`)
  mark(`${pid}.rebooted`, `${pid} ${began} other ${hostname()}`)
  mark('999999997.old', `999999997 1 ${boot} other.example`)
  const yesterday = Date.now() / 1000 - 2 * 24 * 3600
  utimesSync(join(to, '.shipit-download.999999997.old'), yesterday, yesterday)
  mark(`${pid}.unknown`, undefined)
  mark(`${pid}.running`, `${pid} ${began} ${boot} ${hostname()}`)
  mark('999999996.elsewhere', `999999996 1 ${boot} other.example`)
  assert.equal((await fetchFrom(['/bin/sh'], from, to)).code, 0)
  const stays = [`${pid}.unknown`, `${pid}.running`, '999999996.elsewhere'].map((name) => `.shipit-download.${name}`)
  assert.deepEqual(readdirSync(to).sort(), [...stays, 'a'].sort())
})
