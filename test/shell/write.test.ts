import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { render } from '../../src/shell/render.ts'
import { write } from '../../src/shell/write.ts'
import { secret } from '../../src/values/secret.ts'
import { ends, noSudo, run, shells, tempDir } from './shells.ts'
import type { Shell } from './shells.ts'

const inEvery = (title: string, body: (shell: Shell) => Promise<void>, skip: string | false = false) => {
  for (const shell of shells) test(`${shell.join(' ')}: ${title}`, { skip, timeout: 60_000 }, () => body(shell))
}
const modeOf = (file: string) => (statSync(file).mode & 0o7777).toString(8)
const hostile = 'it\'s "$HOME" `id` \\n%s\n\n-e\n'

inEvery('a file is written byte for byte, with its mode, into folders that are made', async (shell) => {
  using place = tempDir()
  const { dir } = place
  const file = join(dir, "a b/it's", '-n $x')
  assert.deepEqual(ends(await run(shell, [write(file, hostile, { mode: '0640' })])), ['end 0'])
  assert.equal(readFileSync(file, 'utf8'), hostile)
  assert.equal(modeOf(file), '640')
  assert.equal(modeOf(join(dir, 'a b')), '755')
  assert.deepEqual(readdirSync(join(dir, "a b/it's")), ['-n $x'])
})

inEvery('what is the same is not touched; another mode is set on the file that is there', async (shell) => {
  using place = tempDir()
  const { dir } = place
  const file = join(dir, 'f')
  writeFileSync(file, 'same', { mode: 0o644 })
  utimesSync(file, 1, 1)
  const inode = statSync(file).ino
  assert.deepEqual(ends(await run(shell, [write(file, 'same'), write(file, 'same', { mode: '600' })])), ['end 0', 'end 0'])
  assert.deepEqual([statSync(file).ino, statSync(file).mtimeMs, modeOf(file)], [inode, 1000, '600'])
  assert.deepEqual(ends(await run(shell, [write(file, 'other')])), ['end 0'])
  assert.equal(readFileSync(file, 'utf8'), 'other')
  assert.notEqual(statSync(file).ino, inode)
})

inEvery('`missing` leaves a file that is there as it is', async (shell) => {
  using place = tempDir()
  const { dir } = place
  const file = join(dir, 'f')
  await run(shell, [write(file, 'first', { when: 'missing' }), write(file, 'second', { when: 'missing' })])
  assert.equal(readFileSync(file, 'utf8'), 'first')
})

inEvery('a text that its check refuses changes nothing, and leaves nothing behind', async (shell) => {
  using place = tempDir()
  const { dir } = place
  const file = join(dir, 'rules')
  writeFileSync(file, 'good\n')
  const check = ['grep', '-qx', 'good']
  assert.deepEqual(ends(await run(shell, [write(file, 'bad\n', { check })])), ['end 1'])
  assert.equal(readFileSync(file, 'utf8'), 'good\n')
  assert.deepEqual(readdirSync(dir), ['rules'])
  assert.deepEqual(ends(await run(shell, [write(join(dir, 'new'), 'good\n', { check })])), ['end 0'])
  assert.deepEqual(readdirSync(dir).sort(), ['new', 'rules'])
})

inEvery(
  'with sudo it is written as root, with the owner that was named',
  async (shell) => {
    using place = tempDir()
    const { dir } = place
    const file = join(dir, 'f')
    assert.deepEqual(ends(await run(shell, [write(file, 'x', { sudo: true, owner: 'nobody:nogroup', mode: '0440' })])), ['end 0'])
    const { uid } = statSync(file)
    assert.ok(uid > 60_000, `${uid}`)
    assert.equal(modeOf(file), '440')
    assert.deepEqual(ends(await run(shell, [write(file, 'x', { sudo: true, owner: 'root' })])), ['end 0'])
    assert.deepEqual([statSync(file).uid, modeOf(file)], [0, '644'])
  },
  noSudo(),
)

test('a relative path is in the folder of the command, and ~ is the home', async () => {
  using place = tempDir()
  const { dir } = place
  mkdirSync(join(dir, 'home'))
  await run(shells[0]!, [write('deep/f', 'x').in(dir), write('~/h', 'y').env({ HOME: join(dir, 'home') })])
  assert.ok(existsSync(join(dir, 'deep/f')) && existsSync(join(dir, 'home/h')))
})

test('a secret text reaches the file and not the plan', async () => {
  using place = tempDir()
  const { dir } = place
  const command = write(join(dir, 'key'), secret('hunter2'), { mode: '0600' })
  assert.doesNotMatch(render(command, { secrets: 'mask' }).toString(), /hunter2/)
  await run(shells[0]!, [command])
  assert.equal(readFileSync(join(dir, 'key'), 'utf8'), 'hunter2')
})

test('what is no file or no mode is refused where it is written', () => {
  for (const path of ['', '/', 'a/', '~', '.', '/x/..']) assert.throws(() => write(path, ''), /path of a file/)
  for (const mode of ['rw', '64', '0888', '']) assert.throws(() => write('/x', '', { mode }), /octal/)
})
