import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { notedReleases, noteReleases } from '../../src/cli/seen-releases.ts'
import type { SeenRelease } from '../../src/run/seen-releases.ts'
import { startShop } from './support/shop.ts'

let dir: string
let config: string
const before = process.env['XDG_CACHE_HOME']
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'shipit-seen-'))
  config = join(dir, 'deploy.config.ts')
  writeFileSync(config, '')
  process.env['XDG_CACHE_HOME'] = join(dir, 'cache')
})
afterEach(() => {
  rmSync(dir, { recursive: true, force: true })
  if (before === undefined) delete process.env['XDG_CACHE_HOME']
  else process.env['XDG_CACHE_HOME'] = before
})

const folder = (): string => join(dir, 'cache/shipit/releases')
const files = (): string[] => readdirSync(folder()).map((name) => join(folder(), name))
const one: SeenRelease = { name: '20261122141200', state: 'good', revision: 'a'.repeat(40), live: true }
const two: SeenRelease = { name: '20261121090000', state: undefined, revision: undefined, live: false }

test('notes are of one stage of one config, the last ones, and only their owner can read them', () => {
  noteReleases(config, 'production', [one])
  noteReleases(config, 'production', [one, two])
  noteReleases(config, 'staging', [two])
  assert.deepEqual(notedReleases(config, 'production'), [one, two])
  assert.deepEqual(notedReleases(config, 'staging'), [two])
  assert.deepEqual(notedReleases(config, 'other'), [])
  symlinkSync(dir, join(dir, 'link'))
  assert.deepEqual(notedReleases(join(dir, 'link/deploy.config.ts'), 'production'), [one, two])
  assert.equal(files().length, 2)
  for (const file of files()) assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(folder()).mode & 0o777, 0o700)
})

test('notes have names, states and commits of at most fifty releases, and at most a hundred files stay', () => {
  noteReleases(config, 'old', [one])
  const [old] = files()
  utimesSync(old!, 1, 1)
  for (let i = 0; i < 101; i++) noteReleases(config, `stage${i}`, [one])
  assert.equal(files().length, 100)
  assert.ok(!existsSync(old!))
  const many = Array.from({ length: 60 }, (_, i) => ({ ...two, name: String(20261121090000 + i), subject: 'hunter2' }))
  noteReleases(config, 'stage1', many)
  assert.equal(notedReleases(config, 'stage1').length, 50)
  assert.ok(files().every((file) => !readFileSync(file, 'utf8').includes('hunter2')))
})

test('notes that are garbage offer nothing, and no word that is not the name of a release', () => {
  noteReleases(config, 'production', [one])
  const [file = ''] = files()
  for (const text of [
    '',
    'x',
    'null',
    '[]',
    '{}',
    '{"releases":{}}',
    '{"releases":[null,1,"x",{"name":"; rm"}]}',
    `"${'x'.repeat(20_000)}"`,
  ]) {
    writeFileSync(file, text)
    assert.deepEqual(notedReleases(config, 'production'), [], text.slice(0, 50))
  }
  writeFileSync(file, '{"releases":[{"name":"20261122141200","state":"$(evil)","revision":"zz","live":"yes"}]}')
  assert.deepEqual(notedReleases(config, 'production'), [{ ...one, state: undefined, revision: undefined, live: false }])
})

test('a pipe or a link in the place of the notes is not read, and a link is not written through', () => {
  noteReleases(config, 'production', [one])
  const [file = ''] = files()
  const text = readFileSync(file, 'utf8')
  rmSync(file)
  execFileSync('mkfifo', [file])
  assert.deepEqual(notedReleases(config, 'production'), [])
  rmSync(file)
  writeFileSync(join(dir, 'elsewhere'), text)
  symlinkSync(join(dir, 'elsewhere'), file)
  assert.deepEqual(notedReleases(config, 'production'), [])
  noteReleases(config, 'production', [two])
  assert.equal(readFileSync(join(dir, 'elsewhere'), 'utf8'), text)
  assert.deepEqual(notedReleases(config, 'production'), [two])
  rmSync(folder(), { recursive: true })
  mkdirSync(join(dir, 'others'))
  symlinkSync(join(dir, 'others'), folder())
  noteReleases(config, 'production', [one])
  assert.deepEqual(readdirSync(join(dir, 'others')), [])
})

test('a folder that cannot be made keeps no notes and fails nothing', () => {
  writeFileSync(join(dir, 'cache'), 'a file')
  noteReleases(config, 'production', [one])
  assert.deepEqual(notedReleases(config, 'production'), [])
  noteReleases(join(dir, 'gone.ts'), 'production', [one])
  assert.deepEqual(notedReleases(join(dir, 'gone.ts'), 'production'), [])
})

test('Tab offers the releases that the last deploy, rollback, status or releases has seen', async (t) => {
  const shop = await startShop(['a'], 'keepReleases: 2,')
  t.after(() => shop.stop())
  const shipit = async (...words: string[]): Promise<string> => {
    const ran = await shop.place.shipit(words, { cwd: 'project' })
    assert.equal(ran.code, 0, ran.stdout + ran.stderr)
    return ran.stdout
  }
  const offered = async () =>
    (await shipit('completion', 'words', 'zsh', '--', 'test', 'deploy:rollback', '--release', '')).split('\n').flatMap((line) =>
      line.startsWith('shipit\t')
        ? [
            line
              .split('\t')
              .slice(1)
              .join(' ')
              .replace(/, [0-9a-f]{7}$/, ''),
          ]
        : [],
    )
  const names = (): string[] => readdirSync(shop.on('a', 'releases')).toSorted().reverse()
  assert.deepEqual(await offered(), [])
  for (let i = 0; i < 3; i++) await shipit('test', 'deploy')
  const [third, second, ...removed] = names()
  assert.deepEqual(removed, [])
  assert.deepEqual(await offered(), [`${third} good, live`, `${second} good`])
  await shipit('test', 'deploy:rollback')
  assert.deepEqual(await offered(), [`${third} bad`, `${second} good, live`])
  rmSync(shop.on('a', `releases/${third}`), { recursive: true })
  for (const command of ['releases', 'status']) {
    rmSync(join(shop.place.home, '.cache'), { recursive: true, force: true })
    await shipit('test', command)
    assert.deepEqual(await offered(), [`${second} good, live`], command)
  }
})
