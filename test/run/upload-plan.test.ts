import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { planAsJson } from '../../src/plan/print-json.ts'
import { shortPlan } from '../../src/plan/print-short.ts'
import { sh } from '../../src/shell/sh.ts'
import { upload, type UploadOptions } from '../../src/shell/upload.ts'
import type { StepList, StepsContext } from '../../src/tasks/types.ts'
import { needs } from '../support/needs.ts'
import { startFleet, type Fleet, type Ran, type RunOptions } from './support.ts'

let fleet: Fleet
/** the folder of the config */
let here: string
before(async () => {
  fleet = await startFleet(['a', 'b'])
  here = dirname(fleet.repo)
})
after(() => fleet.stop())
const home = (host: string): string => dirname(fleet.on(host, ''))
const site = (host: string, file = ''): string => join(home(host), 'site', file)
beforeEach(() => {
  rmSync(join(here, 'dist'), { recursive: true, force: true })
  for (const host of ['a', 'b'])
    for (const name of ['site', 'srv', 'outside']) rmSync(join(home(host), name), { recursive: true, force: true })
})

const put = (folder: string, files: Readonly<Record<string, string | Buffer>>): void => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
    chmodSync(join(folder, name), 0o644)
  }
}
const same = (text: string) => text
const plan = (steps: (c: StepsContext) => StepList, more: RunOptions = {}, task = 'send') =>
  fleet.run([task], { planOnly: true, ...more, config: { tasks: { send: { steps } }, ...more.config } })
/** what the plan says of an upload after its title, for each group of hosts */
const lines = (ran: Ran, title = 'upload dist to ~/site: '): string[] => {
  assert.ok(ran.plan, JSON.stringify(ran.failures))
  const text = shortPlan(ran.plan, '', { columns: 300, paint: { bold: same, dim: same, yellow: same, red: same } })
  return text.split('\n').flatMap((line) => (line.includes(title) ? [line.slice(line.indexOf(title) + title.length)] : []))
}
const send = async (options: UploadOptions = {}, more: RunOptions = {}): Promise<string[]> =>
  lines(await plan(() => [upload('dist', '~/site', options)], { filter: { hosts: 'a' }, ...more }))
const there = (ran: Ran): unknown[] =>
  planAsJson(ran.plan!, '', same)
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const step = JSON.parse(line) as { upload?: { there?: unknown }; hosts: readonly string[] }
      return step.upload ? [[step.hosts, step.upload.there]] : []
    })

describe('a plan says of an upload what differs on each host', () => {
  test('nothing there, the same, and some that differ or are missing', async () => {
    const large = randomBytes(300_000)
    put(join(here, 'dist'), { a: 'one', 'deep/b c': 'two', large, "it's $x \\ ü": 'odd' })
    symlinkSync('a', join(here, 'dist/link'))
    assert.deepEqual(await send(), ['new, 5 files, 300 kB'])
    put(site('b'), { a: 'one', 'deep/b c': 'two', large, "it's $x \\ ü": 'odd', other: 'stays' })
    symlinkSync('a', site('b', 'link'))
    put(site('a'), { a: 'ONE', large, "it's $x \\ ü": 'odder' })
    symlinkSync('b', site('a', 'link'))
    const ran = await plan(() => [upload('dist', '~/site')])
    assert.deepEqual(lines(ran), ['3 of 5 files differ and 1 is missing, 9 bytes', 'same, 5 files, 300 kB'])
    assert.deepEqual(there(ran), [
      [['a'], { state: 'differs', changed: 3, missing: 1, bytes: 9, adjusted: 0, removed: 0 }],
      [['b'], { state: 'same' }],
    ])
    put(site('a'), { 'deep/b c': 'two' })
    assert.deepEqual(await send(), ['3 of 5 files differ, 6 bytes'])
  })

  test('is right about what the run then does', async () => {
    put(join(here, 'dist'), { a: 'one', b: 'two', c: 'three' })
    put(site('a'), { a: 'one', b: 'TWO', old: 'x', 'gone/deep': 'x' })
    chmodSync(site('a', 'a'), 0o600)
    assert.deepEqual(await send({ delete: true }), [
      '1 of 3 files differs and 1 is missing, 8 bytes; 2 would be removed; the mode or owner of 1 differs',
    ])
    const ran = await plan(() => [upload('dist', '~/site', { delete: true })], { planOnly: false, filter: { hosts: 'a' } })
    const said = ran.events.flatMap((event) => (event.type === 'step:output' ? [event.line] : []))
    assert.deepEqual(said, ['2 of 3 files sent, 8 bytes; 2 removed; the mode or owner of 1 changed'])
    assert.deepEqual(await send({ delete: true }), ['same, 3 files, 11 bytes'])
  })

  test("counts nothing but what is missing with when: 'missing', and leaves out what is excluded", async () => {
    put(join(here, 'dist'), { a: 'one', b: 'two', 'c.map': 'map' })
    put(site('a'), { a: 'other', 'x.map': '', y: '' })
    assert.deepEqual(await send({ when: 'missing' }), ['2 of 3 files are missing, 6 bytes'])
    assert.deepEqual(await send({ delete: true, exclude: ['*.map'] }), [
      '1 of 2 files differs and 1 is missing, 6 bytes; 1 would be removed',
    ])
    put(site('a'), { b: 'other', 'c.map': 'other' })
    assert.deepEqual(await send({ when: 'missing' }), ['same, 3 files, 9 bytes'])
  })

  test('compares one file, the content of a buffer, and an absolute place', async () => {
    put(join(here, 'dist'), { key: 'secret' })
    put(site('a'), { key: 'other!', buffer: 'bytes', same: 'bytes' })
    const ran = await plan(
      () => [
        upload('dist/key', '~/site/key'),
        upload(Buffer.from('bytes'), '~/site/buffer', { mode: '0600' }),
        upload(Buffer.from('bytes'), site('a', 'same')),
        upload(() => assert.fail('opened'), '~/site/stream'),
      ],
      { filter: { hosts: 'a' } },
    )
    assert.deepEqual(lines(ran, 'upload dist/key to ~/site/key: '), ['1 of 1 file differs, 6 bytes'])
    assert.deepEqual(lines(ran, 'to ~/site/buffer: '), ['all 1 file the same; the mode or owner of 1 differs'])
    assert.deepEqual(lines(ran, '/same: '), ['same, 1 file, 5 bytes'])
    assert.deepEqual(lines(ran, 'upload a stream to ~/site/stream'), [''])
  })
})

describe('a plan says of an upload what would refuse it', () => {
  test('links, named pipes, folders and files that are in the way, in the words of the upload', async () => {
    put(join(here, 'dist'), { a: 'one', 'sub/b': 'two' })
    const cases: readonly (readonly [() => void, RegExp])[] = [
      [
        () => (put(home('a'), { 'outside/b': 'two' }), mkdirSync(site('a')), symlinkSync('../outside', site('a', 'sub'))),
        /sub in ~\/site is a link, where \S+ is a folder$/,
      ],
      [
        () => (mkdirSync(site('a')), execFileSync('mkfifo', [site('a', 'a')])),
        /a in ~\/site is neither a file nor a folder, where \S+ is a file$/,
      ],
      [() => mkdirSync(site('a', 'a'), { recursive: true }), /a in ~\/site is a folder, where \S+ is a file$/],
      [() => writeFileSync(site('a').replace(/\/$/, ''), ''), /site is not a directory$/],
      [
        () => put(site('a'), { 'app/.shipit/lock': '' }),
        /has app\/\.shipit in it, and so a deployment of shipit, which delete would remove$/,
      ],
    ]
    for (const [make, message] of cases) {
      rmSync(join(home('a'), 'site'), { recursive: true, force: true })
      make()
      const before = lstatSync(join(home('a'), 'site')).mtimeMs
      const ran = await plan(() => [upload('dist', '~/site', { delete: true })], { filter: { hosts: 'a' } })
      const [line] = lines(ran)
      assert.match(line!, /^2 files, 6 bytes; refused: /)
      assert.match(line!, message)
      const run = await plan(() => [upload('dist', '~/site', { delete: true })], { planOnly: false, filter: { hosts: 'a' } })
      assert.equal(run.exit, 1, line)
      assert.equal(lstatSync(join(home('a'), 'site')).mtimeMs, before)
    }
  })

  test('a named pipe of the size of an empty file is not read', async () => {
    put(join(here, 'dist'), { empty: '' })
    mkdirSync(site('a'))
    execFileSync('mkfifo', [site('a', 'empty')])
    assert.match((await send())[0]!, /refused: .*empty in ~\/site is neither a file nor a folder/)
  })
})

describe('a plan says of an upload what it does not know', () => {
  test('steps that depend on facts, and places that depend on an account or a directory', async () => {
    put(join(here, 'dist'), { a: 'one' })
    const depends = await plan(({ layout }) => (layout.live === 'x' ? [] : [upload('dist', '~/site')]), { filter: { hosts: 'a' } })
    assert.deepEqual(lines(depends), ['1 file, 3 bytes; not known: its step depends on facts'])
    const other = await plan(() => [upload('dist', '~/site').as('www-data'), upload('dist', 'site').in('/srv')], { filter: { hosts: 'a' } })
    assert.deepEqual(lines(other), ['1 file, 3 bytes; not known: it is in the home of another account, as www-data'])
    assert.deepEqual(lines(other, 'upload dist to site: '), ['1 file, 3 bytes; not known: it is relative to /srv'])
    const lost = there(depends)
    assert.deepEqual(lost, [[['a'], { state: 'not known', message: 'its step depends on facts' }]])
  })

  test('more files than are compared, here or there', async () => {
    put(join(here, 'dist'), Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`f${i}`, ''])))
    assert.deepEqual(await send(), ['2001 files, 0 bytes; not compared: more than 2000 files, or than 200 MB'])
    rmSync(join(here, 'dist'), { recursive: true })
    put(join(here, 'dist'), { a: '' })
    put(site('a'), Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`${'n'.repeat(150)}${i}`, ''])))
    assert.deepEqual(await send({ delete: true }), ['1 file, 0 bytes; not compared: there are too many files in that folder'])
    assert.deepEqual(await send(), ['new, 1 file, 0 bytes'])
  })

  test('files that are closed to the account', { skip: needs('root', 'setpriv') }, async () => {
    put(join(here, 'dist'), { a: 'one' })
    put(site('a'), { a: 'two' })
    const { parseUpload, uploadCommands } = await import('../../src/facts/upload-fact.ts')
    const { render } = await import('../../src/shell/render.ts')
    const { spawnSync } = await import('node:child_process')
    const question = {
      kind: 'folder',
      entries: [{ name: './a', kind: 'file', size: 3 }],
      contents: true,
      list: true,
      inRelease: false,
    } as const
    const ask = (to: string) =>
      uploadCommands({ ...question, to }).map((command) => {
        const text = render(command, { secrets: 'mask' }).toString()
        const ran = spawnSync('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', '/bin/sh', '-ec', text], {
          encoding: 'utf8',
        })
        return { ok: ran.status === 0, code: ran.status ?? -1, stdout: ran.stdout, stderr: ran.stderr }
      })
    const open = join('/tmp', `closed-${process.pid}`)
    try {
      put(open, { 'file/a': 'two', 'dir/in/a': 'two' })
      chmodSync(open, 0o755)
      assert.equal(parseUpload(ask(join(open, 'file'))).is, 'read')
      chmodSync(join(open, 'file/a'), 0o600)
      assert.equal(parseUpload(ask(join(open, 'file'))).is, 'unread')
      chmodSync(join(open, 'dir'), 0o700)
      assert.equal(parseUpload(ask(join(open, 'dir/in'))).is, 'unread')
      assert.deepEqual(parseUpload(ask(join(open, 'dir'))), { is: 'unread', message: 'it is closed to this account' })
      assert.equal(parseUpload(ask(join(open, 'none'))).is, 'read')
    } finally {
      rmSync(open, { recursive: true })
    }
  })
})

describe('a plan of a deploy with an upload', () => {
  test('says what comes with the new release, what is shared, and what is outside', async () => {
    put(join(here, 'dist'), { a: 'one' })
    put(join(here, 'tree'), { 'public/files/x': '' })
    put(fleet.on('a', 'shared/public/files'), { a: 'one' })
    const ran = await fleet.run(['deploy'], {
      planOnly: true,
      filter: { hosts: 'a' },
      config: {
        linkedDirs: ['public/files'],
        tasks: {
          send: {
            steps: ({ paths }: StepsContext) => [
              upload('dist', paths.release.join('public/dist')),
              upload('dist', paths.release.join('public/files')),
              upload('tree', paths.release),
              upload('dist', paths.release),
              upload('dist', paths.shared.join('public/files')),
              upload('dist', '~/site'),
            ],
          },
        },
        hooks: { before: { 'deploy:updated': 'send' } },
      },
    })
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
    assert.deepEqual(lines(ran, '/public/dist: '), ['new with the release, 1 file, 3 bytes'])
    assert.deepEqual(lines(ran, '/public/files: '), ['1 file, 3 bytes; not known: it is in a release', 'same, 1 file, 3 bytes'])
    assert.deepEqual(lines(ran), ['new, 1 file, 3 bytes'])
    assert.match(lines(ran, 'upload tree to ')[0]!, /: 1 file, 0 bytes; not known: it is in a release$/)
    assert.match(lines(ran, 'upload dist to ')[2]!, /\/releases\/\d{14}: new with the release, 1 file, 3 bytes$/)
  })

  test('asks along with the facts, writes nothing, and a run asks nothing', async () => {
    put(join(here, 'dist'), { a: 'one' })
    const scripts = async (planOnly: boolean) => {
      let sent = ''
      await plan(() => [upload('dist', '~/site'), sh`true`], {
        planOnly,
        filter: { hosts: 'a' },
        onSend: (_, bytes) => void (sent += bytes.toString('latin1')),
      })
      return sent
    }
    const asked = await scripts(true)
    const script = asked.slice(asked.indexOf('put home'))
    assert.match(script, /found=\$\(printf/)
    assert.equal(asked.match(/put home "\$HOME"/g)?.length, 1)
    assert.deepEqual(
      readdirSync(home('a')).filter((name) => name === 'site'),
      [],
    )
    assert.doesNotMatch(await scripts(false), /found=\$\(printf/)
  })
})
