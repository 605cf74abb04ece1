import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { folder, refusal, shown } from './support.ts'

const text = `import { ask, env } from 'shipit-ts'
export default { application: 'shop', branch: ({ local }) => env('NO_SUCH_BRANCH', () => local.branch),
  stages: { production: { servers: ['a1'] }, asked: { servers: ['a1'], branch: ask('branch', { default: ({ local }) => local.branch }) } } }`

const git = (dir: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-C', dir, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { encoding: 'utf8', stdio: 'pipe' })

/** A checkout of `feature/x` with the config in it, below its root. */
const checkout = (t: TestContext): string => {
  const dir = folder(t, { 'deploy/deploy.config.ts': text })
  git(dir, 'init', '--quiet', '--initial-branch=feature/x')
  git(dir, 'add', '.')
  git(dir, 'commit', '--quiet', '--message=first')
  return dir
}
const stageIn = async (dir: string, stage = 'production', o = {}) =>
  await resolveStage(await loadConfig({ cwd: join(dir, 'deploy') }), stage, o)

test('local.branch is the branch that is checked out where the config is', async (t) => {
  const dir = checkout(t)
  assert.equal((await stageIn(dir)).branch, 'feature/x')
})

test('local.branch is the branch of a worktree in a worktree, and of a repository without a commit', async (t) => {
  const dir = checkout(t)
  const tree = join(folder(t, {}), 'tree')
  git(dir, 'worktree', 'add', '--quiet', '-b', 'other', tree)
  assert.equal((await stageIn(tree)).branch, 'other')
  const fresh = folder(t, { 'deploy/deploy.config.ts': text })
  git(fresh, 'init', '--quiet', '--initial-branch=fresh')
  assert.equal((await stageIn(fresh)).branch, 'fresh')
})

test('local.branch is the name of the branch if a tag has the same', async (t) => {
  const dir = checkout(t)
  git(dir, 'tag', 'feature/x')
  assert.equal((await stageIn(dir)).branch, 'feature/x')
})

test('local.branch does not follow the variables of git, which a hook sets to another repository', async (t) => {
  const dir = checkout(t)
  const other = folder(t, {})
  git(other, 'init', '--quiet', '--initial-branch=other')
  process.env['GIT_DIR'] = join(other, '.git')
  t.after(() => delete process.env['GIT_DIR'])
  assert.equal((await stageIn(dir)).branch, 'feature/x')
})

test('local.branch of a checkout that is on no branch is an error that says what to do', async (t) => {
  const dir = checkout(t)
  git(dir, 'checkout', '--quiet', '--detach')
  assert.equal(
    shown(await refusal(stageIn(dir))),
    'local.branch: the checkout of the config is on no branch\nat deploy/deploy.config.ts:2\nhint: name the branch: --branch NAME, or branch: env.first(…) in a CI job',
  )
})

test('local.branch outside of a repository is an error', async (t) => {
  const dir = folder(t, { 'deploy/deploy.config.ts': text })
  assert.match(
    shown(await refusal(stageIn(dir))),
    /^local\.branch: the config is in no checkout of git\nat deploy\/deploy\.config\.ts:2\nhint: name the branch/,
  )
})

test('local.branch is not read if nothing needs it', async (t) => {
  const dir = folder(t, { 'deploy/deploy.config.ts': text })
  assert.equal((await stageIn(dir, 'production', { branch: 'main' })).branch, 'main')
})
