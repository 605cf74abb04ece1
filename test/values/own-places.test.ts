import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { IRREGULAR, parseIrregular } from '../../src/values/own-places.ts'
import { missingShells, shells } from '../shell/shells.ts'

for (const shell of shells) {
  test(`what is irregular among the places of shipit is found by ${shell.join(' ')}`, { skip: missingShells() }, () => {
    const root = mkdtempSync(join(tmpdir(), "shipit own '"))
    try {
      const [file, ...args] = shell
      const found = () => {
        const { stdout, stderr, status } = spawnSync(file, [...args, '-s', root], {
          input: `set -e\n${IRREGULAR}\nirregular "$1"\n`,
          encoding: 'utf8',
        })
        assert.deepEqual([stderr, status], ['', 0])
        return stdout
          .split('\n')
          .slice(0, -1)
          .map((line) => parseIrregular(line.replace(/^irregular /, '')))
      }
      assert.deepEqual(found(), [])
      mkdirSync(join(root, '.shipit/quiet'), { recursive: true })
      mkdirSync(join(root, '.shipit/releases'))
      for (const plain of ['.shipit/lock', '.shipit/quiet-shop', '.shipit/quiet/shop', 'revisions.log', 'other'])
        writeFileSync(join(root, plain), '')
      assert.deepEqual(found(), [])
      rmSync(join(root, '.shipit/releases'), { recursive: true })
      symlinkSync('/etc', join(root, '.shipit/releases'))
      symlinkSync('two\nlines\tand a tab', join(root, '.shipit/lock.run'))
      linkSync(join(root, '.shipit/lock'), join(root, 'twin'))
      execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', join(root, '.shipit/silence.1')])
      rmSync(join(root, '.shipit/quiet/shop'))
      symlinkSync('loop', join(root, '.shipit/quiet/shop'))
      assert.deepEqual(found(), [
        { place: '.shipit/releases', wanted: 'directory', is: 'link', target: '/etc' },
        { place: '.shipit/lock', wanted: 'file', is: 'twin' },
        { place: '.shipit/lock.run', wanted: 'file', is: 'link', target: 'two lines and a tab' },
        { place: '.shipit/quiet/shop', wanted: 'file', is: 'link', target: 'loop' },
        { place: '.shipit/silence.1', wanted: 'file', is: 'other' },
      ])
    } finally {
      rmSync(root, { recursive: true })
    }
  })
}
