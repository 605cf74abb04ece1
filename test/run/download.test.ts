import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { download, type DownloadOptions } from '../../src/shell/download.ts'
import { sh } from '../../src/shell/sh.ts'
import type { RunContext } from '../../src/tasks/types.ts'
import { put } from '../transfer/support.ts'
import { emptyFolders, ok, said, startFolders } from './folders.ts'
import type { Fleet, RunOptions } from './support.ts'

let fleet: Fleet
/** the folder of the config */
let here: string
/** the home of the host */
let there: string
before(async () => {
  ;({ fleet, here, there } = await startFolders(['a', 'b']))
})
after(() => fleet.stop())
beforeEach(() => emptyFolders({ here, there }, 'got', 'site'))

const fetch = (from: string, to: string, options?: DownloadOptions, more: RunOptions = {}) =>
  fleet.run(['fetch'], {
    ...more,
    config: { tasks: { fetch: { on: 'db', steps: () => [download(from, to, options), sh`true`] } }, ...more.config },
  })
const list = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()

describe('download() of a folder', () => {
  test('fetches what is missing or differs, byte for byte, with modes and links', async () => {
    const bytes = randomBytes(400_000)
    put(join(there, 'site'), {
      'app.js': 'one\n',
      'css/deep/a b.css': bytes,
      empty: '',
      "it's $HOME \\n \\ ü": 'odd',
      [`long/${'x'.repeat(180)}`]: 'long',
      'tmp/no': '',
    })
    mkdirSync(join(there, 'site/nothing'))
    chmodSync(join(there, 'site/app.js'), 0o750)
    symlinkSync('css/deep', join(there, 'site/link'))
    linkSync(join(there, 'site/css/deep/a b.css'), join(there, 'site/twin'))
    put(join(here, 'got'), { 'app.js': 'old', mine: 'stays' })
    const ran = await fetch('~/site', 'got', { exclude: ['tmp'] })
    ok(ran)
    rmSync(join(there, 'site/tmp'), { recursive: true })
    assert.deepEqual(list(join(here, 'got')), [...list(join(there, 'site')), 'mine'].sort())
    for (const name of ['css/deep/a b.css', 'twin']) assert.ok(readFileSync(join(here, 'got', name)).equals(bytes))
    assert.equal(readFileSync(join(here, "got/it's $HOME \\n \\ ü"), 'utf8'), 'odd')
    assert.equal(statSync(join(here, 'got/app.js')).mode & 0o777, 0o750)
    assert.equal(readlinkSync(join(here, 'got/link')), 'css/deep')
    assert.match(said(ran).join(), /^7 files fetched, 800 kB$/)
    chmodSync(join(there, 'site/app.js'), 0o640)
    assert.deepEqual(said(await fetch('~/site', 'got', {})), ['nothing to fetch: all 7 files are here'])
    assert.equal(statSync(join(here, 'got/app.js')).mode & 0o777, 0o640)
  })

  test('writes nothing through a link here, and takes no link that leads out', async () => {
    put(join(there, 'site'), { 'sub/a': 'theirs' })
    put(here, { 'outside/a': 'mine' })
    symlinkSync('../outside', join(here, 'got/sub'))
    const refused = await fetch('~/site', 'got')
    assert.equal(refused.exit, 1)
    assert.match(refused.failures[0]!.reason, /got\/sub is in the way of the folder sub of the host; nothing was changed/)
    rmSync(join(here, 'got/sub'))
    symlinkSync('../../outside', join(there, 'site/sub/out'))
    assert.match((await fetch('~/site', 'got')).failures[0]!.reason, /sub\/out is a link to .*outside of the folder/)
    assert.deepEqual(list(join(here, 'got')), [])
    assert.equal(readFileSync(join(here, 'outside/a'), 'utf8'), 'mine')
  })
})

describe('download() of a file', () => {
  test('follows a link in its place, and compresses what can be', async () => {
    const text = 'all the same\n'.repeat(500_000)
    put(join(there, 'site'), { 'logs/production.log': text })
    symlinkSync('logs/production.log', join(there, 'site/now.log'))
    ok(await fetch('~/site/now.log', 'got/deep/a.log'))
    assert.equal(readFileSync(join(here, 'got/deep/a.log'), 'utf8'), text)
    assert.deepEqual(list(join(here, 'got')), ['deep', 'deep/a.log'])
  })

  test('a file that is not there fails the step, and changes nothing here', async () => {
    put(join(here, 'got'), { a: 'mine' })
    const ran = await fetch('~/site/none', 'got/a')
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.output.join('\n'), /site\/none does not exist/)
    assert.equal(readFileSync(join(here, 'got/a'), 'utf8'), 'mine')
  })

  test('a file that cannot be written here ends the step on the host, and the failure says why', async () => {
    put(join(there, 'site'), { large: randomBytes(30_000_000) })
    put(join(here, 'got'), { file: 'a file' })
    const ran = await fetch('~/site/large', 'got/file/large')
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.reason, /got\/file/)
    assert.equal(ran.events.filter((event) => event.type === 'step:start').length, 1)
  })

  test('leaves the old one if the connection is lost, and the next one leaves no trace of it', async () => {
    put(join(there, 'site'), { large: randomBytes(40_000_000) })
    put(join(here, 'got'), { large: 'old' })
    let cut = false
    const watch = setInterval(() => {
      const stage = readdirSync(join(here, 'got')).find((name) => name.startsWith('.shipit-download.'))
      const file = stage && join(here, 'got', stage, '0')
      if (cut || !file || !existsSync(file) || statSync(file).size < 1_000_000) return
      cut = true
      fleet.cut('a')
    }, 1)
    const ran = await fetch('~/site/large', 'got/large')
    clearInterval(watch)
    assert.deepEqual([cut, ran.exit], [true, 3])
    assert.equal(readFileSync(join(here, 'got/large'), 'utf8'), 'old')
    put(join(here, 'got'), { '.shipit-download.999999999.x/0': 'left by a killed one' })
    ok(await fetch('~/site/large', 'got/large'))
    assert.deepEqual(list(join(here, 'got')), ['large'])
    assert.ok(readFileSync(join(here, 'got/large')).equals(readFileSync(join(there, 'site/large'))))
  })
})

test('download() from two hosts to one place is refused before anything runs', async () => {
  const task = (to: (name: string) => string) => ({
    tasks: { fetch: { steps: ({ host }: { host: { name: string } }) => [download('~/x', to(host.name))] } },
  })
  const ran = await fleet.run(['fetch'], { config: task(() => 'got/x') })
  assert.equal(ran.exit, 2)
  assert.match(ran.failures[0]!.reason, /download\(\) to got\/x from a and from b/)
  for (const host of ['a', 'b']) writeFileSync(join(dirname(fleet.on(host, '')), 'x'), host)
  ok(await fleet.run(['fetch'], { config: task((name) => `got/${name}`) }))
  assert.equal(readFileSync(join(here, 'got/b'), 'utf8'), 'b')
})

test('a code task fetches, reads and writes files', async () => {
  const seen: string[] = []
  const ran = await fleet.run(['look'], {
    config: {
      tasks: {
        look: {
          run: async ({ on }: RunContext) =>
            void (await on('db', async (host) => {
              await host.write('~/site/deep/note', 'one\ntwo\n')
              seen.push(await host.read('~/site/deep/note'))
              await host.download('~/site/deep', 'got/deep')
              await host.read('~/site/none').catch((error: Error) => seen.push(error.message))
            })),
        },
      },
    },
  })
  ok(ran)
  assert.equal(seen[0], 'one\ntwo\n')
  assert.match(seen[1]!, /No such file/)
  // what a file holds is nobody's output, but an error of cat is
  const printed = ran.events.flatMap((event) => (event.type === 'step:output' ? [event.line] : [])).join('\n')
  assert.doesNotMatch(printed, /^(?:one|two)$/m)
  assert.match(printed, /No such file/)
  assert.equal(readFileSync(join(here, 'got/deep/note'), 'utf8'), 'one\ntwo\n')
})
