import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, beforeEach, describe, test } from 'node:test'
import { fullPlan } from '../../src/plan/print-full.ts'
import { shortPlan } from '../../src/plan/print-short.ts'
import { sh } from '../../src/shell/sh.ts'
import { upload, type UploadOptions } from '../../src/shell/upload.ts'
import type { RunContext, StepList, StepsContext } from '../../src/tasks/types.ts'
import { noSudo } from '../shell/shells.ts'
import { put } from '../transfer/support.ts'
import { emptyFolders, ok, said, startFolders } from './folders.ts'
import type { Fleet, RunOptions } from './support.ts'

let fleet: Fleet
/** the folder of the config */
let here: string
/** the home of the host */
let there: string
before(async () => {
  ;({ fleet, here, there } = await startFolders(['a']))
})
after(() => fleet.stop())
beforeEach(() => emptyFolders({ here, there }, 'dist', 'site'))

const send = (from: string, to: string, options?: UploadOptions, more?: RunOptions) => run([upload(from, to, options)], more)
const run = (steps: StepList, more: RunOptions = {}) =>
  fleet.run(['send'], { ...more, config: { tasks: { send: { steps: () => steps } }, ...more.config } })
const same = (text: string) => text
const plain = { bold: same, dim: same, yellow: same, red: same }
/** all that is in a folder, hidden names too */
const list = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()

describe('upload() of a folder', () => {
  test('sends all files, byte for byte, with their modes', async () => {
    const bytes = randomBytes(300_000)
    put(join(here, 'dist'), {
      'app.js': 'one\n',
      'css/deep/a b.css': bytes,
      empty: '',
      "it's $HOME \\ ü": 'odd',
      [`long/${'x'.repeat(120)}`]: 'long',
    })
    mkdirSync(join(here, 'dist/nothing'))
    chmodSync(join(here, 'dist/app.js'), 0o750)
    const ran = await send('dist', '~/site')
    ok(ran)
    assert.deepEqual(list(join(there, 'site')), list(join(here, 'dist')))
    assert.ok(readFileSync(join(there, 'site/css/deep/a b.css')).equals(bytes))
    assert.equal(readFileSync(join(there, "site/it's $HOME \\ ü"), 'utf8'), 'odd')
    assert.equal(statSync(join(there, 'site/app.js')).mode & 0o777, 0o750)
    assert.deepEqual(said(ran), ['5 files sent, 300 kB'])
  })
})

describe('upload() of a folder that is there', () => {
  test('sends only what differs, and says so', async () => {
    put(join(here, 'dist'), { same: 'same', size: 'longer', text: 'new!', 'mode.sh': 'x', fresh: 'fresh' })
    put(join(there, 'site'), { same: 'same', size: 'short', text: 'old!', 'mode.sh': 'x', other: 'stays' })
    chmodSync(join(here, 'dist/mode.sh'), 0o755)
    const { ino } = statSync(join(there, 'site/same'))
    const ran = await send('dist', '~/site')
    ok(ran)
    assert.deepEqual(said(ran), ['3 of 5 files sent, 15 bytes; the mode or owner of 1 changed'])
    assert.equal(readFileSync(join(there, 'site/text'), 'utf8'), 'new!')
    assert.equal(readFileSync(join(there, 'site/other'), 'utf8'), 'stays')
    assert.equal(statSync(join(there, 'site/same')).ino, ino)
    assert.equal(statSync(join(there, 'site/mode.sh')).mode & 0o777, 0o755)
    assert.deepEqual(said(await send('dist', '~/site')), ['nothing to send: all 5 files are there'])
  })

  test("leaves what is there as it is with when: 'missing'", async () => {
    put(join(here, 'dist'), { a: 'mine', b: 'mine', 'c/d': 'mine' })
    put(join(there, 'site'), { a: 'theirs' })
    ok(await send('dist', '~/site', { when: 'missing' }))
    assert.equal(readFileSync(join(there, 'site/a'), 'utf8'), 'theirs')
    assert.equal(readFileSync(join(there, 'site/c/d'), 'utf8'), 'mine')
  })

  test('removes what is not here with delete, and neither what is excluded nor what a link leads to', async () => {
    put(join(here, 'dist'), { a: '1', 'keep/b': '2', 'src/x.map': 'not sent' })
    put(join(there, 'site'), {
      old: '',
      'gone/deep/er': '',
      'keep/old': '',
      'cache/x': '',
      'half/cache/y': '',
      'half/z': '',
      'line\nbreak.map': '',
    })
    put(there, { 'outside/file': 'outside' })
    symlinkSync('../outside', join(there, 'site/link'))
    const ran = await send('dist', '~/site', { delete: true, exclude: ['cache', '*.map'] })
    ok(ran)
    const left = ['a', 'cache', 'cache/x', 'half', 'half/cache', 'half/cache/y', 'keep', 'keep/b', 'line\nbreak.map', 'src']
    assert.deepEqual(list(join(there, 'site')), left)
    assert.equal(readFileSync(join(there, 'outside/file'), 'utf8'), 'outside')
    assert.deepEqual(said(ran), ['2 files sent, 2 bytes; 5 removed'])
  })

  test('removes nothing if there is nothing to send, or if a folder of the deployment is in the target', async () => {
    put(join(there, 'site'), { old: '' })
    const empty = await send('dist', '~/site', { delete: true })
    assert.equal(empty.exit, 1)
    assert.match(empty.failures[0]!.reason, /there is no file to send/)
    put(join(here, 'dist'), { a: '1' })
    for (const target of ['~/srv', '~/srv/', '~/srv/shared', '~'])
      assert.match((await send('dist', target, { delete: true })).failures[0]!.reason, /upload\(\) with delete to .* would remove/)
    assert.deepEqual(list(join(there, 'site')), ['old'])
    // a deployment under another name of its folder
    put(join(there, 'site'), { 'app/.shipit/lock': '' })
    assert.match((await send('dist', '~/site', { delete: true })).failures[0]!.reason, /has app\/\.shipit in it, and so a deployment/)
    assert.deepEqual(list(join(there, 'site')), ['app', 'app/.shipit', 'app/.shipit/lock', 'old'])
  })
})

describe('upload() and links', () => {
  test('sends links within the folder as links, and refuses those that lead out of it', async () => {
    put(join(here, 'dist'), { 'v2/app': 'app' })
    symlinkSync('v2', join(here, 'dist/latest'))
    ok(await send('dist', '~/site'))
    assert.equal(readlinkSync(join(there, 'site/latest')), 'v2')
    assert.deepEqual(said(await send('dist', '~/site')), ['nothing to send: all 2 files are there'])
    for (const target of ['../../repo', '/etc/hostname']) {
      symlinkSync(target, join(here, 'dist/v2/out'))
      const ran = await send('dist', '~/site')
      assert.match(ran.failures[0]!.reason, /dist\/v2\/out is a link to .*, which is outside of the folder that is sent/)
      assert.ok(!existsSync(join(there, 'site/v2/out')))
      rmSync(join(here, 'dist/v2/out'))
    }
  })

  test('writes nothing through a link on the host, and replaces one in the place of a file', async () => {
    put(join(here, 'dist'), { a: 'new', 'sub/b': 'new' })
    put(there, { 'outside/b': 'outside' })
    symlinkSync('../outside/b', join(there, 'site/a'))
    symlinkSync('../outside', join(there, 'site/sub'))
    const refused = await send('dist', '~/site')
    assert.match(refused.failures[0]!.reason, /on the host, sub in ~\/site is a link, where .*dist\/sub is a folder; nothing was changed/)
    assert.ok(lstatSync(join(there, 'site/a')).isSymbolicLink())
    rmSync(join(there, 'site/sub'))
    ok(await send('dist', '~/site'))
    assert.ok(lstatSync(join(there, 'site/a')).isFile())
    assert.equal(readFileSync(join(there, 'outside/b'), 'utf8'), 'outside')
  })

  test('does not write through a link that a repository brings into a release', async () => {
    put(join(here, 'dist'), { a: 'new' })
    put(there, { 'outside/x': '' })
    put(join(there, 'srv/releases/20260101000000'), { x: '' })
    symlinkSync('../../../outside', join(there, 'srv/releases/20260101000000/public'))
    for (const to of ['public', 'public/deep', 'public/file.txt']) {
      const ran = await send(to.endsWith('.txt') ? 'dist/a' : 'dist', `~/srv/releases/20260101000000/${to}`)
      assert.equal(ran.exit, 1)
      assert.match(JSON.stringify(ran.failures), /is a link/)
    }
    assert.deepEqual(
      list(join(there, 'outside')),
      ['b', 'file', 'x'].filter((name) => existsSync(join(there, 'outside', name))),
    )
    assert.ok(!existsSync(join(there, 'outside/a')))
    rmSync(join(there, 'srv'), { recursive: true })
  })
})

describe('upload() of a file', () => {
  test('makes its folder, keeps or sets its mode, and replaces it in one rename', async () => {
    put(here, { 'key.txt': 'secret\0bytes' })
    chmodSync(join(here, 'key.txt'), 0o644)
    ok(await send('key.txt', '~/site/deep/new name.key', { mode: '0600' }))
    const at = join(there, 'site/deep/new name.key')
    assert.equal(readFileSync(at, 'utf8'), 'secret\0bytes')
    assert.equal(statSync(at).mode & 0o777, 0o600)
    assert.deepEqual(said(await send('key.txt', '~/site/deep/new name.key', { mode: '0600' })), ['nothing to send: the file is there'])
    const onDirectory = await send('key.txt', '~/site/deep')
    assert.match(onDirectory.failures[0]!.output.join('\n'), /site\/deep is a directory/)
    assert.deepEqual(list(join(there, 'site/deep')), ['new name.key'])
  })

  test('a file that does not exist is refused before anything runs, unless something on this machine may make it', async () => {
    const ran = await send('nothing-here', '~/site')
    assert.equal(ran.exit, 2)
    assert.match(ran.failures[0]!.reason, /^\S+: \/\S+nothing-here does not exist on this machine$/)
    assert.match(ran.failures[0]!.hint!, /relative to the folder of the config/)
    assert.ok(!ran.events.some((event) => event.type === 'step:start'))
    const made = await fleet.run(['all'], {
      config: {
        tasks: {
          all: { sequence: ['build', 'send'] },
          build: { on: 'local', steps: () => [sh`printf made > ${join(here, 'dist/built')}`] },
          send: { steps: () => [upload('dist/built', '~/site/built')] },
        },
      },
    })
    ok(made)
    assert.equal(readFileSync(join(there, 'site/built'), 'utf8'), 'made')
  })
})

describe('upload() among other steps', () => {
  test('runs in its place, in the same task, and its failure ends the task', async () => {
    put(join(here, 'dist'), { a: 'a' })
    const steps = (target: string) => [
      sh`echo before > ~/site/log`,
      upload('dist', target),
      sh`echo after >> ~/site/log; ls ~/site >> ~/site/log`,
      upload('dist/a', '~/site/b').onlyIf(sh`test -e ~/site/nothing`),
      upload('dist/a', '~/site/c').unless(sh`test -e ~/site/nothing`),
    ]
    const ran = await run(steps('~/site'))
    ok(ran)
    assert.equal(readFileSync(join(there, 'site/log'), 'utf8'), 'before\nafter\na\nlog\n')
    assert.deepEqual(list(join(there, 'site')), ['a', 'c', 'log'])
    assert.deepEqual(
      ran.events.flatMap((event) => (event.type === 'task:start' || event.type === 'task:end' ? [event.type] : [])),
      ['task:start', 'task:end'],
    )
    put(there, { file: '' })
    const failed = await run(steps('~/file'))
    assert.equal(failed.exit, 1)
    assert.match(failed.failures[0]!.output.join('\n'), /file is not a directory/)
    assert.equal(readFileSync(join(there, 'site/log'), 'utf8'), 'before\n')
    rmSync(join(there, 'file'))
  })

  test('runs on this machine, too', async () => {
    put(join(here, 'dist'), { a: 'a' })
    ok(
      await fleet.run(['here'], { config: { tasks: { here: { on: 'local', steps: () => [upload('dist', join(there, 'site/local'))] } } } }),
    )
    assert.deepEqual(list(join(there, 'site/local')), ['a'])
  })
})

describe('a plan with upload()', () => {
  test('shows the files and their sizes, and touches nothing', async () => {
    put(join(here, 'dist'), { a: 'x'.repeat(1200), 'b c': 'y' })
    const ran = await send('dist', '~/site', { sudo: true }, { planOnly: true })
    assert.equal(ran.exit, 0)
    assert.match(
      shortPlan(ran.plan!, 'plan', { columns: 140, paint: plain }),
      /upload dist to ~\/site: 2 files, 1\.2 kB; not known: it is in the home of another account, as root/,
    )
    const full = fullPlan(ran.plan!, 'plan')
    assert.match(full, /# upload dist to ~\/site: 2 files, 1\.2 kB; not known: .*\n\s+#   a \(1\.2 kB\)\n\s+#   b c \(1 byte\)\n/)
    assert.match(full, /sudo -H -u root -- \/bin\/sh/)
    assert.deepEqual(list(join(there, 'site')), [])
  })
})

/** Waits for the end of the uploads that have a folder there, since the next one leaves what a running one has. Their pids are in the names. */
const ended = async (folder: string): Promise<void> => {
  const pids = readdirSync(folder).flatMap((name) => /^\.shipit-upload\.(\d+)\./.exec(name)?.[1] ?? [])
  while (pids.some((pid) => existsSync(`/proc/${pid}`))) await pause(50)
}

describe('upload() that is interrupted', () => {
  const large = () => put(join(here, 'dist'), { a: 'new', large: randomBytes(30_000_000) })
  /** Does something once a few megabytes are on their way. */
  const midway = (act: () => void): ((host: string, bytes: Buffer) => void) => {
    let sent = 0
    return (_, bytes) => {
      const before = sent
      sent += bytes.length
      if (before < 5_000_000 && sent >= 5_000_000) act()
    }
  }

  test('by a lost connection changes nothing, and the next one leaves no trace of it', async () => {
    large()
    put(join(there, 'site'), { a: 'old' })
    const ran = await send('dist', '~/site', {}, { onSend: midway(() => fleet.cut('a')) })
    assert.equal(ran.exit, 3)
    assert.match(ran.failures[0]!.reason, /connection lost/)
    assert.equal(readFileSync(join(there, 'site/a'), 'utf8'), 'old')
    assert.ok(!existsSync(join(there, 'site/large')))
    await ended(join(there, 'site'))
    ok(await send('dist', '~/site'))
    assert.deepEqual(list(join(there, 'site')), ['a', 'large'])
    assert.ok(readFileSync(join(there, 'site/large')).equals(readFileSync(join(here, 'dist/large'))))
  })

  test('by Ctrl-C ends on the host, and leaves nothing there', async () => {
    large()
    put(join(there, 'site'), { a: 'old' })
    let interrupt: (() => void) | undefined
    const ran = await send(
      'dist',
      '~/site',
      {},
      { onEvent: (event, stop) => event.type === 'run:start' && (interrupt = () => stop('SIGINT')), onSend: midway(() => interrupt!()) },
    )
    assert.equal(ran.exit, 130)
    assert.deepEqual(list(join(there, 'site')), ['a'])
    assert.equal(readFileSync(join(there, 'site/a'), 'utf8'), 'old')
  })
})

test('upload() as another account gives it the files, and says what sudo has to allow', { skip: noSudo() }, async () => {
  put(join(here, 'dist'), { a: 'a', 'deep/b': 'b' })
  const target = mkdtempSync(join(tmpdir(), 'shipit-nobody-'))
  const { uid } = userInfo({ encoding: 'utf8' })
  try {
    const refused = await run([upload('dist', join(target, 'x')).as('nobody')])
    assert.match(refused.failures[0]!.output.join('\n'), /Permission denied/)
    chmodSync(target, 0o777)
    ok(await run([upload('dist', join(target, 'x')).as('nobody')]))
    assert.notEqual(statSync(join(target, 'x/deep/b')).uid, uid)
    assert.equal(readFileSync(join(target, 'x/deep/b'), 'utf8'), 'b')
    const unknown = await run([upload('dist', join(target, 'x')).as('no-such-account')])
    assert.equal(unknown.exit, 1)
    assert.deepEqual(list(target), ['x', 'x/a', 'x/deep', 'x/deep/b'])
  } finally {
    rmSync(target, { recursive: true })
  }
})

test('a code task sends files, and gets the error if that fails', async () => {
  put(join(here, 'dist'), { a: 'a' })
  put(join(there, 'site'), { 'other/a/x': '' })
  let caught = ''
  const ran = await fleet.run(['send'], {
    config: {
      tasks: {
        send: {
          run: async ({ on }: RunContext) =>
            void (await on('all', async (host) => {
              await host.upload('dist', '~/site/first')
              await host.steps([upload('dist/a', '~/site/second')])
              await host.upload('dist', '~/site/other').catch((error: Error) => (caught = error.message))
            })),
        },
      },
    },
  })
  ok(ran)
  assert.deepEqual(list(join(there, 'site')), ['first', 'first/a', 'other', 'other/a', 'other/a/x', 'second'])
  assert.match(caught, /on the host, a in ~\/site\/other is a folder/)
})

test('an upload that is allowed to fail warns with the reason', async () => {
  put(join(here, 'dist'), { a: 'a' })
  put(join(there, 'site'), { 'a/x': '' })
  const ran = await run([upload('dist', '~/site').allowFailure(), sh`echo after > ~/site/after`])
  ok(ran)
  assert.match(ran.end.warnings!.map(({ message }) => message).join(), /on the host, a in ~\/site is a folder/)
  assert.deepEqual(list(join(there, 'site')), ['a', 'a/x', 'after'])
})

test('upload() before the check of linked files gives a deploy what it needs', async () => {
  put(here, { '.env.test': 'KEY=1\n' })
  const ran = await fleet.run(['deploy'], {
    config: {
      linkedFiles: ['.env'],
      tasks: {
        'env:send': {
          steps: ({ paths }: StepsContext) => [upload('.env.test', paths.shared.join('.env'), { mode: '0600', when: 'missing' })],
        },
      },
      hooks: { before: { 'deploy:check:linked_files': 'env:send' } },
    },
  })
  ok(ran)
  assert.equal(readFileSync(fleet.on('a', 'current/.env'), 'utf8'), 'KEY=1\n')
  assert.equal(statSync(fleet.on('a', 'shared/.env')).mode & 0o777, 0o600)
  rmSync(fleet.on('a', ''), { recursive: true })
})
