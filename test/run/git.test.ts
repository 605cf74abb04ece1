import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: fleet.repo, encoding: 'utf8' }).trim()
const deploys = async (branch?: string, config: Record<string, unknown> = {}) => {
  const ran = await fleet.run(['deploy'], { ...(branch === undefined ? {} : { branch }), config })
  assert.deepEqual(ran.failures, [])
  assert.equal(ran.exit, 0)
  return ran
}
const revision = (host = 'b') => readFileSync(fleet.on(host, 'current/REVISION'), 'utf8').trim()

test('a deploy accepts branches with odd names, tags, annotated tags and a commit without a ref', async () => {
  const main = git('rev-parse', 'HEAD')
  for (const name of ['feature/a-b', "it's$(x)&;`y`"]) {
    git('update-ref', `refs/heads/${name}`, fleet.commit('index', name))
    await deploys(name)
    assert.equal(revision(), git('rev-parse', `refs/heads/${name}`))
  }
  git('tag', 'light', main)
  git('tag', '-a', 'heavy', '-m', 'x', main)
  for (const tag of ['light', 'heavy', 'refs/tags/heavy']) {
    await deploys(tag)
    assert.equal(revision(), main)
    assert.equal(readFileSync(fleet.on('a', 'current/index'), 'utf8'), 'one')
  }
  const lonely = git('commit-tree', '-m', 'lonely', `${main}^{tree}`)
  git('config', 'uploadpack.allowAnySHA1InWant', 'true')
  await deploys(lonely)
  assert.equal(revision(), lonely)
  assert.equal(revision('a'), lonely)
  const ran = await fleet.run(['deploy'], { branch: 'f'.repeat(40) })
  assert.equal(ran.exit, 1)
  assert.match(ran.failures[0]!.hint ?? '', /no commit f{40}/)
})

test('a branch with the name of a tag is ambiguous, and a full ref selects either', async () => {
  git('update-ref', 'refs/heads/both', fleet.commit('index', 'branch'))
  git('tag', 'both', git('rev-parse', 'refs/heads/both~1'))
  const ran = await fleet.run(['deploy'], { branch: 'both' })
  assert.match(ran.failures[0]!.reason, /both a branch and a tag/)
  assert.equal(ran.failures[0]!.hint, 'say which one: --branch refs/heads/both, or --branch refs/tags/both')
  await deploys('refs/heads/both')
  assert.equal(revision(), git('rev-parse', 'refs/heads/both'))
})

test('a deploy of another repoUrl works with the same mirror', async () => {
  const other = join(fleet.repo, '..', 'other')
  execFileSync('sh', [
    '-c',
    `git init -q -b main ${other} && cd ${other} && echo other > index && git add -A && git -c user.name=t -c user.email=t@e commit -qm other`,
  ])
  await deploys('main', { repoUrl: other })
  assert.equal(readFileSync(fleet.on('b', 'current/index'), 'utf8'), 'other\n')
  await deploys('main')
})

test('the next deploy repairs a mirror with stale locks, an interrupted clone or missing objects', async () => {
  const at = (file: string) => fleet.on('b', `repo/${file}`)
  fleet.commit('index', 'locks')
  for (const lock of ['packed-refs.lock', 'shallow.lock', 'config.lock', 'refs/heads/main.lock', 'HEAD.lock']) writeFileSync(at(lock), '')
  await deploys()
  fleet.commit('index', 'broken')
  truncateSync(at('HEAD'), 0)
  await deploys()
  assert.equal(readFileSync(fleet.on('b', 'current/index'), 'utf8'), 'broken')
  rmSync(fleet.on('b', 'repo'), { recursive: true })
  mkdirSync(fleet.on('b', 'repo'))
  mkdirSync(fleet.on('b', 'repo.cloning/objects'), { recursive: true })
  await deploys()
  // a clone of another tool that was killed before it had an object
  rmSync(fleet.on('b', 'repo'), { recursive: true })
  execFileSync('sh', [
    '-c',
    `git init -q --bare "$1" && git --git-dir "$1" remote add --mirror=fetch origin "$2"`,
    'sh',
    fleet.on('b', 'repo'),
    fleet.repo,
  ])
  await deploys()
  // its objects are lost, its refs are not
  fleet.commit('index', 'objects')
  rmSync(at('objects'), { recursive: true })
  mkdirSync(at('objects'))
  await deploys()
  assert.equal(readFileSync(fleet.on('b', 'current/index'), 'utf8'), 'objects')
})

test('a release has the contents of repoTree, and a repoTree that is not a folder is an error', async () => {
  mkdirSync(join(fleet.repo, 'apps/web/lib'), { recursive: true })
  fleet.commit('apps/web/lib/x', 'x')
  for (const repoTree of ['apps/web', 'apps/web/']) {
    await deploys(undefined, { repoTree })
    assert.equal(readFileSync(fleet.on('b', 'current/lib/x'), 'utf8'), 'x')
    assert.ok(!existsSync(fleet.on('b', 'current/index')))
  }
  for (const repoTree of ['apps/wbe', 'apps/web/lib/x']) {
    const ran = await fleet.run(['deploy'], { config: { repoTree } })
    assert.equal(ran.exit, 1, repoTree)
    assert.match(ran.failures[0]!.hint ?? '', /repoTree/)
  }
  for (const repoTree of ['./apps/web', 'apps//web']) {
    const ran = await fleet.run(['deploy'], { config: { repoTree } }).catch((error: { exit: number }) => error)
    if (ran.exit === 0) assert.ok(existsSync(fleet.on('b', 'current/lib/x')), repoTree)
    else assert.equal(ran.exit, 2)
  }
})

test('a linked file that is a dangling link and a linked directory that is a file are reported with their paths', async () => {
  symlinkSync('/nowhere', fleet.on('a', 'shared/dangling'))
  const file = await fleet.run(['deploy'], { config: { linkedFiles: ['dangling'] } })
  assert.equal(file.exit, 1)
  assert.match(file.failures.find(({ host }) => host === 'a')!.output.join(), /shared\/dangling is a link to nothing/)
  writeFileSync(fleet.on('a', 'shared/uploads'), '')
  const dir = await fleet.run(['deploy'], { config: { linkedDirs: ['uploads'] } })
  assert.equal(dir.exit, 1)
  assert.match(dir.failures[0]!.hint ?? '', /not a directory/)
})
