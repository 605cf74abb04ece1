import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pathConflicts, type DeployPaths } from '../../src/config/path-conflicts.ts'
import { refusal, shown, stageOf } from './support.ts'

const usual: DeployPaths = {
  deployTo: '/srv/shop',
  currentDirectory: 'current',
  releasesDirectory: 'releases',
  sharedDirectory: 'shared',
  repoPath: undefined,
}
const problems = (places: Partial<DeployPaths>) => pathConflicts({ ...usual, ...places }).map(({ key, message }) => `${key}: ${message}`)

test('each name in deployTo is used once', () => {
  assert.deepEqual(problems({}), [])
  assert.deepEqual(problems({ sharedDirectory: 'releases' }), ['sharedDirectory: "releases" is releasesDirectory already'])
  assert.deepEqual(problems({ sharedDirectory: 'repo' }), ['sharedDirectory: "repo" is the mirror of the repository already'])
  assert.deepEqual(problems({ sharedDirectory: 'repo', repoPath: '/srv/mirrors/shop' }), [])
  assert.deepEqual(problems({ currentDirectory: '.shipit', releasesDirectory: 'revisions.log' }), [
    `currentDirectory: ".shipit" is shipit's own .shipit already`,
    `releasesDirectory: "revisions.log" is shipit's own revisions.log already`,
  ])
})

test('no directory lies inside one that a deploy replaces or removes', () => {
  assert.deepEqual(problems({ sharedDirectory: 'current/shared' }), [
    'sharedDirectory: "current/shared" is in currentDirectory, and would be replaced or removed with it',
  ])
  assert.match(problems({ releasesDirectory: 'repo/releases' }).join(), /is in the mirror of the repository/)
  assert.match(problems({ sharedDirectory: '.shipit/shared' }).join(), /is in shipit's own \.shipit/)
  assert.match(problems({ currentDirectory: 'releases/20260101000000' }).join(), /is in releasesDirectory/)
  for (const fine of [{ currentDirectory: 'releases/current' }, { currentDirectory: 'shared/current' }, { sharedDirectory: 'currents/x' }])
    assert.deepEqual(problems(fine), [])
})

test('the mirror lies neither around deployTo nor inside a directory that a deploy removes or links', () => {
  for (const repoPath of ['/srv/shop/repo', '/srv/shop-repo', '/srv/mirrors/shop', '/srv/shop/sharedrepo'])
    assert.deepEqual(problems({ repoPath }), [])
  assert.deepEqual(problems({ repoPath: '/srv' }), ['repoPath: "/srv" contains deployTo, and a deploy replaces it if it is not a mirror'])
  assert.deepEqual(problems({ repoPath: '/srv//shop' }).length, 1)
  assert.deepEqual(problems({ repoPath: '/srv/shop/shared' }), ['repoPath: "/srv/shop/shared" is in sharedDirectory'])
  assert.deepEqual(problems({ repoPath: '/srv/shop/releases/mirror' }), ['repoPath: "/srv/shop/releases/mirror" is in releasesDirectory'])
})

test('an overlap of directories is a config error with its line', async (t) => {
  const error = await refusal(
    stageOf(
      t,
      `import { defineConfig } from 'shipit-ts'
export default defineConfig({
  application: 'shop',
  sharedDirectory: 'releases',
  stages: { production: { servers: ['a1'] } },
})`,
    ),
  )
  assert.match(shown(error), /"releases" is releasesDirectory already\nat deploy\.config\.ts:4/)
})
