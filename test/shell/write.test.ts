import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { prepend } from '../../src/shell/env.ts'
import { render } from '../../src/shell/render.ts'
import { write } from '../../src/shell/write.ts'
import { reveal, secret, text } from '../../src/values/secret.ts'
import { needs } from '../support/needs.ts'
import { ends, noSudo, run, shells, tempDir } from './shells.ts'
import type { Shell } from './shells.ts'

const inEvery = (title: string, body: (shell: Shell) => Promise<void>, skip: string | false = false) => {
  for (const shell of shells) test(`${shell.join(' ')}: ${title}`, { skip, timeout: 60_000 }, () => body(shell))
}
const modeOf = (file: string) => (statSync(file).mode & 0o7777).toString(8)
const me = ['-un', '-gn'].map((flag) => execFileSync('id', [flag], { encoding: 'utf8' }).trim()).join(':')
const hostile = 'it\'s "$HOME" `id` \\n%s\n\n-e\n'

inEvery('write() creates a file byte for byte, with its mode and its parent folders', async (shell) => {
  using place = tempDir()
  const { dir } = place
  const file = join(dir, "a b/it's", '-n $x')
  assert.deepEqual(ends(await run(shell, [write(file, hostile, { mode: '0640' })])), ['end 0'])
  assert.equal(readFileSync(file, 'utf8'), hostile)
  assert.equal(modeOf(file), '640')
  assert.equal(modeOf(join(dir, 'a b')), '755')
  assert.deepEqual(readdirSync(join(dir, "a b/it's")), ['-n $x'])
})

inEvery('write() leaves an equal file untouched, and replaces one with other bytes or another mode', async (shell) => {
  using place = tempDir()
  const { dir } = place
  const file = join(dir, 'f')
  const inode = () => statSync(file).ino
  writeFileSync(file, 'same', { mode: 0o644 })
  utimesSync(file, 1, 1)
  const first = inode()
  assert.deepEqual(ends(await run(shell, [write(file, 'same'), write(file, 'same', { owner: me })])), ['end 0', 'end 0'])
  assert.deepEqual([inode(), statSync(file).mtimeMs], [first, 1000])
  const held = openSync(file, 'r')
  assert.deepEqual(ends(await run(shell, [write(file, 'same', { mode: '600' })])), ['end 0'])
  assert.notEqual(inode(), first)
  assert.equal(modeOf(file), '600')
  assert.deepEqual(ends(await run(shell, [write(file, 'other')])), ['end 0'])
  assert.equal(readFileSync(file, 'utf8'), 'other')
  // a process that has the old file open can still read it
  assert.equal(readFileSync(held, 'utf8'), 'same')
  closeSync(held)
})

inEvery("write() leaves a link to an equal file, and refuses a folder in the file's place", async (shell) => {
  using place = tempDir()
  const { dir } = place
  writeFileSync(join(dir, 'real'), 'x', { mode: 0o644 })
  symlinkSync('real', join(dir, 'link'))
  mkdirSync(join(dir, 'folder'))
  const ran = await run(shell, [write(join(dir, 'link'), 'x')])
  assert.deepEqual(ends(ran), ['end 0'])
  assert.ok(lstatSync(join(dir, 'link')).isSymbolicLink())
  const refused = await run(shell, [write(join(dir, 'folder'), 'x')])
  assert.deepEqual(ends(refused), ['end 1'])
  assert.match(String(refused.stderr[0]), /folder is a directory/)
  assert.deepEqual(readdirSync(join(dir, 'folder')), [])
})

inEvery('write() with `missing` leaves an existing file as it is', async (shell) => {
  using place = tempDir()
  const { dir } = place
  const file = join(dir, 'f')
  await run(shell, [write(file, 'first', { when: 'missing' }), write(file, 'second', { when: 'missing' })])
  assert.equal(readFileSync(file, 'utf8'), 'first')
})

inEvery('write() changes nothing and leaves nothing behind when its check fails', async (shell) => {
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
  'write() with sudo writes as root, with the given owner',
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

inEvery('a killed write() leaves nothing behind', async (shell) => {
  using place = tempDir()
  const { dir } = place
  const check = ['sh', '-c', 'kill -s TERM "$PPID"; sleep 0.2']
  const { code } = await run(shell, [write(join(dir, 'f'), 'x', { check }).env({ TMPDIR: dir })])
  assert.notEqual(code, 0)
  assert.deepEqual(readdirSync(dir), [])
})

/** A `sudo` that logs its arguments and runs them, and an `id` that is not root's. */
const standIn = (dir: string, not: readonly string[] = []) => {
  const bin = join(dir, 'bin')
  mkdirSync(bin)
  const log = join(dir, 'log')
  writeFileSync(log, '')
  const put = (name: string, text: string) => writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  put('id', 'echo 1000')
  put('sudo', `echo "$*" >> ${log}\ncase $1 in ${not.join('|') || '-'}) exit 1 ;; esac\nexec "$@"`)
  return { env: { PATH: prepend(bin) }, asked: () => readFileSync(log, 'utf8').trim().split('\n').filter(Boolean) }
}

inEvery('write() with sudo runs each command that touches the target through sudo, its check too, and never the text', async (shell) => {
  using place = tempDir()
  const { dir } = place
  const sudo = standIn(dir)
  const file = join(dir, 'etc/rules')
  const command = write(file, 'allowed', { sudo: true, mode: '0440', owner: me, check: ['grep', '-q', 'allow'] })
  assert.deepEqual(ends(await run(shell, [command.env(sudo.env)])), ['end 0'])
  const asked = sudo.asked()
  assert.deepEqual(
    asked.map((line) => line.split(' ')[0]),
    ['test', 'grep', 'cmp', 'mkdir', 'mktemp', 'install', 'mv'],
  )
  const [user, group] = me.split(':')
  assert.match(asked.at(-2)!.replace(` -o ${user} -g ${group} `, ' OWNER '), /^install -m 0440 OWNER \S+\/rules \S+\/etc\/\.rules\.\w{6}$/)
  assert.doesNotMatch(asked.join('\n'), /allowed/)
  assert.deepEqual([readFileSync(file, 'utf8'), modeOf(file), readdirSync(join(dir, 'etc'))], ['allowed', '440', ['rules']])
  assert.deepEqual(ends(await run(shell, [command.env(sudo.env)])), ['end 0'])
  assert.deepEqual(
    sudo
      .asked()
      .slice(asked.length)
      .map((line) => line.split(' ')[0]),
    ['test', 'grep', 'cmp', 'find'],
  )
})

inEvery('write() leaves the old file when sudo refuses a part of it', async (shell) => {
  for (const what of ['install', 'mv', 'mktemp', 'mkdir']) {
    using place = tempDir()
    const { dir } = place
    const { env } = standIn(dir, [what])
    mkdirSync(join(dir, 'etc'))
    writeFileSync(join(dir, 'etc/f'), 'old')
    assert.deepEqual(ends(await run(shell, [write(join(dir, 'etc/f'), 'new', { sudo: true }).env(env)])), ['end 1'], what)
    assert.deepEqual([readdirSync(join(dir, 'etc')), readFileSync(join(dir, 'etc/f'), 'utf8')], [['f'], 'old'])
  }
})

inEvery(
  'write() as root uses no sudo',
  async (shell) => {
    using place = tempDir()
    const { dir } = place
    mkdirSync(join(dir, 'bin'))
    writeFileSync(join(dir, 'bin/sudo'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
    const env = { PATH: prepend(join(dir, 'bin')) }
    assert.deepEqual(ends(await run(shell, [write(join(dir, 'f'), 'x', { sudo: true }).env(env)])), ['end 0'])
    assert.equal(readFileSync(join(dir, 'f'), 'utf8'), 'x')
  },
  needs('root'),
)

test("write() resolves a relative path in the command's folder, and ~ in the home", async () => {
  using place = tempDir()
  const { dir } = place
  mkdirSync(join(dir, 'home'))
  await run(shells[0]!, [write('deep/f', 'x').in(dir), write('~/h', 'y').env({ HOME: join(dir, 'home') })])
  assert.ok(existsSync(join(dir, 'deep/f')) && existsSync(join(dir, 'home/h')))
})

test('write() sends a secret text to the file, and the plan does not show it', async () => {
  using place = tempDir()
  const { dir } = place
  const command = write(join(dir, 'key'), secret('hunter2'), { mode: '0600' })
  assert.doesNotMatch(render(command, { secrets: 'mask' }).toString(), /hunter2/)
  await run(shells[0]!, [command])
  assert.equal(readFileSync(join(dir, 'key'), 'utf8'), 'hunter2')
})

inEvery('write() sends text with secrets byte for byte, readable by its owner only unless a mode is given', async (shell) => {
  using place = tempDir()
  const { dir } = place
  const hidden = secret(`it's "$HOME" \`id\` \\ %s ü`)
  const content = text`RAILS_ENV=production\nPASSWORD=${hidden}\n\tURL=redis://:${hidden}@h\n\n`
  const files = ['text', 'whole', 'given', 'plain'].map((name) => join(dir, name))
  const commands = [
    write(files[0]!, content),
    write(files[1]!, hidden),
    write(files[2]!, content, { mode: '0640' }),
    write(files[3]!, text`PORT=${80}`),
  ]
  assert.deepEqual(ends(await run(shell, commands)), ['end 0', 'end 0', 'end 0', 'end 0'])
  const real = reveal(hidden)
  assert.equal(readFileSync(files[0]!, 'utf8'), `RAILS_ENV=production\nPASSWORD=${real}\n\tURL=redis://:${real}@h\n\n`)
  assert.equal(readFileSync(files[2]!, 'utf8'), readFileSync(files[0]!, 'utf8'))
  assert.deepEqual(files.map(modeOf), ['600', '600', '640', '644'])
  const plan = render(commands[0]!, { secrets: 'mask' }).toString()
  assert.match(plan, /'RAILS_ENV=production\nPASSWORD=\[secret\]\n\tURL=redis:\/\/:\[secret\]@h\n\n'/)
})

test('write() refuses an invalid path, owner or mode', () => {
  for (const path of ['', '/', 'a/', '~', '.', '/x/..']) assert.throws(() => write(path, ''), /path of a file/)
  for (const owner of ['a b', ':g', 'u:', 'u:g:x', '-u']) assert.throws(() => write('/x', '', { owner }), /owner/)
  for (const mode of ['rw', '64', '0888', '']) assert.throws(() => write('/x', '', { mode }), /octal/)
})
