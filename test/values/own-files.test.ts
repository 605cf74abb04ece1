import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ENCLOSING, IRREGULAR, parseEnclosing, parseIrregular } from '../../src/values/own-files.ts'
import { missingShells, shells } from '../shell/shells.ts'

for (const shell of shells) {
  test(`${shell.join(' ')} finds irregular files among shipit's own files`, { skip: missingShells() }, () => {
    const root = mkdtempSync(join(tmpdir(), "shipit own '"))
    try {
      const [file, ...args] = shell
      const found = () => {
        const { stdout, stderr, status } = spawnSync(file, [...args, '-s', root], {
          input: `set -e\n${IRREGULAR}\nirregular "$1"\nprintf '%s' "$irregulars"\n`,
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

  test(`${shell.join(' ')} finds what a deploy path lies in, whatever its releases directory is called`, { skip: missingShells() }, () => {
    const root = mkdtempSync(join(tmpdir(), 'shipit around '))
    try {
      const [file, ...args] = shell
      const enclosing = (path: string) =>
        parseEnclosing(
          spawnSync(file, [...args, '-s', join(root, path)], {
            input: `set -e\n${ENCLOSING}\nenclosing "$1"\nprintf '%s' "$enclosing"\n`,
            encoding: 'utf8',
          }).stdout,
        )
      for (const directory of ['releases', 'versions']) {
        const release = join(root, directory, '20260101000000')
        mkdirSync(join(release, 'sub'), { recursive: true })
        rmSync(join(root, 'current'), { force: true })
        symlinkSync(release, join(root, 'current'))
        assert.deepEqual(enclosing('current/sub/app'), { what: 'release', at: release })
      }
      mkdirSync(join(root, '2026010100000/app'), { recursive: true })
      assert.equal(enclosing('2026010100000/app'), undefined)
      mkdirSync(join(root, '.shipit'))
      assert.deepEqual(enclosing('.shipit/app'), { what: 'own', at: join(root, '.shipit') })
    } finally {
      rmSync(root, { recursive: true })
    }
  })
}
