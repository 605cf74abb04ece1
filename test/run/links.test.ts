import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import type { RunContext, StepsContext } from '../../src/index.ts'
import { write } from '../../src/index.ts'
import { startFleet, stateOf, type Fleet, type Ran } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: fleet.repo, encoding: 'utf8' }).trim()
const shared = (path: string) => fleet.on('a', `shared/${path}`)
const put = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
const brings = (path: string, target: string) => {
  mkdirSync(dirname(join(fleet.repo, path)), { recursive: true })
  rmSync(join(fleet.repo, path), { recursive: true, force: true })
  symlinkSync(target, join(fleet.repo, path))
  git('add', '-A')
  git('commit', '-qm', `bring ${path}`)
}
const deploy = (config: Record<string, unknown> = {}): Promise<Ran> => fleet.run(['deploy'], { config: { ...config } })
const said = ({ failures }: Ran) => failures.map(({ host, output, hint }) => [host, output.join('\n'), hint])

beforeEach(() => {
  git('rm', '-rqf', '.')
  writeFileSync(join(fleet.repo, 'index'), 'one')
  git('add', '-A')
  git('commit', '-qm', 'afresh', '--allow-empty')
})

test('a linked file behind a link of the repository is refused, its shared file stays, and the remedy works', async () => {
  put(shared('config/master.key'), 'key')
  brings('config', fleet.on('a', 'shared/config'))
  const refused = await deploy({ linkedFiles: ['config/master.key'] })
  assert.equal(refused.exit, 1)
  assert.deepEqual(said(refused), [
    [
      'a',
      `config is a link to ${fleet.on('a', 'shared/config')}, and linkedFiles has config/master.key`,
      'nothing was removed or written through it. Take the link out of the repository: git rm config',
    ],
  ])
  assert.equal(readFileSync(shared('config/master.key'), 'utf8'), 'key')
  assert.equal(lstatSync(shared('config/master.key')).isSymbolicLink(), false)
  assert.deepEqual(fleet.releases('a'), [])
  git(...refused.failures[0]!.hint!.split(': git ')[1]!.split(' '))
  git('commit', '-qm', 'as told')
  assert.equal((await deploy({ linkedFiles: ['config/master.key'] })).exit, 0)
  assert.equal(readFileSync(fleet.on('a', 'current/config/master.key'), 'utf8'), 'key')
})

test('a linked directory behind a link is refused before any other is created', async () => {
  put(shared('uploads/avatars/anna.png'), 'anna')
  brings('public/uploads', '../../../shared/uploads')
  put(join(fleet.repo, 'log/keep'), '')
  git('add', '-A')
  git('commit', '-qm', 'a log')
  const refused = await fleet.run(['deploy'], {
    config: { linkedDirs: ['log', 'public/uploads/avatars', 'public/uploads/x'], keepFailed: true },
  })
  assert.equal(refused.exit, 1)
  assert.equal(
    refused.failures[0]!.output.join('\n'),
    'public/uploads is a link to ../../../shared/uploads, and linkedDirs has public/uploads/avatars, and linkedDirs has public/uploads/x',
  )
  assert.equal(readFileSync(shared('uploads/avatars/anna.png'), 'utf8'), 'anna')
  const [kept] = fleet.releases('a').slice(-1)
  assert.equal(stateOf(fleet, 'a', kept!), 'failed')
  assert.equal(lstatSync(fleet.on('a', `releases/${kept}/log`)).isSymbolicLink(), false)
})

test('REVISION and REVISION_TIME are never written through a link or into a directory', async () => {
  for (const name of ['REVISION', 'REVISION_TIME']) {
    put(shared('precious'), 'precious')
    brings(name, fleet.on('a', 'shared/precious'))
    const refused = await deploy()
    assert.equal(refused.exit, 1)
    assert.match(
      refused.failures[0]!.output.join('\n'),
      new RegExp(`^${name} is a link to .*/shared/precious, and shipit writes its own there$`),
    )
    assert.equal(readFileSync(shared('precious'), 'utf8'), 'precious')
    git('rm', '-q', name)
    put(join(fleet.repo, name, 'file'), '')
    git('add', '-A')
    git('commit', '-qm', 'a directory')
    const folder = await deploy()
    assert.match(folder.failures[0]!.output.join('\n'), new RegExp(`^${name} is not a file`))
    assert.match(folder.failures[0]!.hint!, new RegExp(`git rm -r ${name}$`))
    git('rm', '-rq', name)
    git('commit', '-qm', 'gone')
  }
  assert.equal((await deploy()).exit, 0)
})

test('a link within the release is refused too, and the hint names its target as another place', async () => {
  put(join(fleet.repo, 'web/index.html'), '')
  brings('public', 'web')
  const refused = await deploy({ linkedDirs: ['public/uploads'] })
  assert.equal(refused.exit, 1)
  assert.match(refused.failures[0]!.hint!, /git rm public; or name its target, web, in linkedDirs$/)
  // only linked paths can name another place
  git('rm', '-rq', 'public')
  brings('REVISION', 'index')
  assert.match((await deploy()).failures[0]!.hint!, /git rm REVISION$/)
  git('rm', '-q', 'REVISION')
  git('commit', '-qm', 'gone')
  assert.equal((await deploy({ linkedDirs: ['web/uploads'] })).exit, 0)
})

test('loops, dangling links, files in the way and odd names are each refused with their kind', async () => {
  const cases: readonly (readonly [place: string, target: string | undefined, dir: string, message: RegExp])[] = [
    ['a', 'a', 'a/b', /^a is a link to a, /],
    ['a', '../../../nothing', 'a/b', /^a is a link to \.\.\/\.\.\/\.\.\/nothing, /],
    ['a', undefined, 'a/b', /^a is not a directory, /],
    ['a/b', '..', 'a/b/c/d', /^a\/b is a link to \.\., /],
    ['-rf', '/', '-rf/x', /^-rf is a link to \/, /],
    ['a \'b"$(c)', '.', 'a \'b"$(c)/d', /^a 'b"\$\(c\) is a link to \., /],
  ]
  for (const [place, target, dir, message] of cases) {
    if (target === undefined) {
      put(join(fleet.repo, place), 'a file')
      git('add', '-A')
      git('commit', '-qm', 'a file')
    } else brings(place, target)
    const refused = await deploy({ linkedDirs: [dir] })
    assert.equal(refused.exit, 1, place)
    assert.match(refused.failures[0]!.output.join('\n'), message)
    rmSync(join(fleet.repo, place), { recursive: true })
    git('add', '-A')
    git('commit', '-qm', 'gone')
  }
})

test('a linked path may be a link in the repository, and shared may be a link on the host', async () => {
  const disk = fleet.on('a', '../disk')
  put(join(disk, 'media/anna.png'), 'anna')
  mkdirSync(shared('public'), { recursive: true })
  symlinkSync(join(disk, 'media'), shared('public/media'))
  brings('public/media', '/nowhere')
  assert.equal((await deploy({ linkedDirs: ['public/media'] })).exit, 0)
  assert.equal(readFileSync(fleet.on('a', 'current/public/media/anna.png'), 'utf8'), 'anna')
  assert.ok(lstatSync(shared('public/media')).isSymbolicLink())
  renameSync(fleet.on('a', 'shared'), join(disk, 'shared'))
  symlinkSync(join(disk, 'shared'), fleet.on('a', 'shared'))
  assert.equal((await deploy({ linkedDirs: ['public/media', 'log'] })).exit, 0)
  assert.equal(readFileSync(fleet.on('a', 'current/public/media/anna.png'), 'utf8'), 'anna')
  assert.ok(existsSync(join(disk, 'shared/log')))
})

test('write() into a release follows only links that shipit created', async () => {
  put(shared('config/app.yml'), 'shared')
  brings('config', fleet.on('a', 'shared/config'))
  const writes = (place: string, more = {}) =>
    fleet.run(['deploy'], {
      config: {
        tasks: {
          note: { steps: ({ paths }: StepsContext) => [write(paths.release.join(place), 'new')] },
          current: { run: ({ on, paths }: RunContext) => on('all', (h) => h.run(write(paths.current.join(place), 'new'))) },
        },
        hooks: { after: { 'deploy:updated': 'note' } },
        ...more,
      },
    })
  const refused = await writes('config/app.yml')
  assert.equal(refused.exit, 1)
  assert.match(refused.failures[0]!.output.join('\n'), /^config is a link to .*shared\/config, and write\(\) puts config\/app.yml there$/)
  assert.equal(readFileSync(shared('config/app.yml'), 'utf8'), 'shared')
  assert.equal((await deploy()).exit, 0)
  const code = await fleet.run(['current'], {
    config: {
      tasks: {
        current: { run: ({ on, paths }: RunContext) => on('all', (h) => h.run(write(paths.current.join('config/app.yml'), 'new'))) },
      },
    },
  })
  assert.equal(code.exit, 1)
  assert.equal(readFileSync(shared('config/app.yml'), 'utf8'), 'shared')
  assert.equal((await writes('log/note', { linkedDirs: ['log'] })).exit, 0)
  assert.equal(readFileSync(shared('log/note'), 'utf8'), 'new')
  assert.equal((await writes('new/place/note')).exit, 0)
})
