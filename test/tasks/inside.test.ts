import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { inside } from '../../src/tasks/inside.ts'
import { path } from '../../src/values/path.ts'
import { missingShells, run, shells, tempDir } from '../shell/shells.ts'

const contextAt = (dir: string) => {
  mkdirSync(join(dir, 'release/config'), { recursive: true })
  mkdirSync(join(dir, 'shared'))
  symlinkSync('/elsewhere', join(dir, 'release/log'))
  return {
    paths: { release: path(join(dir, 'release')), shared: path(join(dir, 'shared')) },
    linkedDirs: [],
    linkedFiles: [],
    repoTree: undefined,
  }
}

test('a command after the check of inside() has its own variables and directory', { skip: missingShells() }, async () => {
  for (const shell of shells) {
    using temp = tempDir()
    const c = contextAt(temp.dir)
    const command = sh`printf '%s %s %s\n' "$release" "$shared" "$wrong"; pwd; env | grep '^shipit_' || :`
      .env({ release: 'one', shared: 'two', wrong: 'three' })
      .in(temp.dir)
    const { stdout, stderr, frames } = await run(shell, [inside(c, [{ path: 'config/app.yml', why: 'and app writes it' }], command)])
    assert.equal(stderr[0]!.toString(), '', shell.join(' '))
    assert.equal(stdout[0]!.toString(), `one two three\n${temp.dir}\n`, shell.join(' '))
    assert.deepEqual(
      frames.flatMap((frame) => (frame.type === 'end' ? [frame.code] : [])),
      [0],
    )
  }
})

test('a command does not run if the check of inside() finds a link of the repository', { skip: missingShells() }, async () => {
  for (const shell of shells) {
    using temp = tempDir()
    const c = contextAt(temp.dir)
    const targets = [
      { path: 'config', how: 'write', why: 'and app writes it' },
      { path: 'log/app.log', why: 'and app clears it' },
    ] as const
    const { stdout, stderr, frames } = await run(shell, [inside(c, targets, sh`echo ran`), sh`echo next`])
    assert.deepEqual(stdout.map(String), ['', ''], shell.join(' '))
    assert.equal(
      stderr[0]!.toString(),
      'config is not a file, and app writes it\nlog is a link to /elsewhere, and app clears it\n',
      shell.join(' '),
    )
    assert.deepEqual(
      frames.flatMap((frame) => (frame.type === 'end' ? [frame.code] : [])),
      [1],
    )
  }
})
