import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CONFIG_FILES, findConfig, readConfig } from '../../src/config/find.ts'
import { folder, refusal, shown } from './support.ts'

for (const name of CONFIG_FILES) {
  test(`${name} is found from a subfolder`, async (t) => {
    const dir = folder(t, { [name]: 'text', 'app/models/x.rb': '', '.git/HEAD': '' })
    assert.deepEqual(await findConfig(join(dir, 'app/models')), { file: join(dir, name), text: 'text' })
  })
}

test('the nearest config wins', async (t) => {
  const dir = folder(t, { 'deploy.config.ts': 'outer', 'sub/deploy.config.yaml': 'inner', '.git/HEAD': '' })
  assert.equal((await findConfig(join(dir, 'sub'))).text, 'inner')
})

test('the search stops at the root of the repository', async (t) => {
  const dir = folder(t, { 'deploy.config.ts': '', 'repo/.git/HEAD': '', 'repo/app/x': '' })
  const error = await refusal(findConfig(join(dir, 'repo/app')))
  assert.match(
    shown(error),
    /^no deploy\.config\.ts in .*app or above it, up to .*repo\nhint: write one: shipit init\. Or name a config with --config$/,
  )
})

test('a worktree or a submodule, whose .git is a file, is a root of a repository', async (t) => {
  const dir = folder(t, { 'deploy.config.ts': '', 'repo/.git': 'gitdir: elsewhere' })
  await refusal(findConfig(join(dir, 'repo')))
})

test('two configs in one folder are refused', async (t) => {
  const dir = folder(t, { 'deploy.config.ts': '', 'deploy.config.json': '{}' })
  assert.match(shown(await refusal(findConfig(dir))), /two configs in .*: deploy\.config\.ts and deploy\.config\.json\nhint: keep one/)
})

test('an empty config is found, not skipped', async (t) => {
  const dir = folder(t, { 'deploy.config.ts': 'outer', 'sub/deploy.config.yaml': '' })
  assert.equal((await findConfig(join(dir, 'sub'))).file, join(dir, 'sub/deploy.config.yaml'))
})

test('a folder with the name of a config is skipped', async (t) => {
  const dir = folder(t, { 'deploy.config.ts': 'outer', 'sub/deploy.config.ts/x': '', '.git/HEAD': '' })
  assert.equal((await findConfig(join(dir, 'sub'))).text, 'outer')
})

test('an unreadable config is an error, not skipped', async (t) => {
  const dir = folder(t, { 'deploy.config.ts': 'outer', 'sub/x': '' })
  symlinkSync('gone', join(dir, 'sub/deploy.config.ts'))
  assert.match(shown(await refusal(findConfig(join(dir, 'sub')))), /sub\/deploy\.config\.ts cannot be read/)
})

test('--config accepts any file name with the extension of a config', async (t) => {
  const dir = folder(t, { 'ops/shop.yaml': 'text', 'ops/shop.rb': '' })
  assert.deepEqual(await readConfig('ops/shop.yaml', dir), { file: join(dir, 'ops/shop.yaml'), text: 'text' })
  assert.match(
    shown(await refusal(readConfig('ops/shop.rb', dir))),
    /not a config that shipit can read\nhint: a config ends in \.ts, \.mts/,
  )
  assert.match(shown(await refusal(readConfig('none.ts', dir))), /there is no .*none\.ts/)
  mkdirSync(join(dir, 'dir.ts'))
  assert.match(shown(await refusal(readConfig('dir.ts', dir))), /cannot be read/)
})

test('the search runs and reads nothing else: no meta config, no package.json, no user-wide folder', (t) => {
  const boom = `require('node:fs').writeFileSync(require('node:path').join(__dirname, 'ran'), '')`
  const dir = folder(t, {
    '.config/config.cjs': `${boom}; module.exports = { cosmiconfig: { searchPlaces: ['evil.cjs'] } }`,
    '.config/config.js': boom,
    '.config/deploy/config.js': boom,
    'home/.config/deploy/config.cjs': boom,
    'evil.cjs': boom,
    'package.json': JSON.stringify({ cosmiconfig: { searchPlaces: ['evil.cjs'] }, deploy: { application: 'evil' } }),
    '.deployrc.cjs': boom,
    'find.ts': `import { findConfig } from ${JSON.stringify(new URL('../../src/config/find.ts', import.meta.url).href)}
      console.log((await findConfig(process.cwd()).catch((error) => error)).message ?? 'found')`,
    '.git/HEAD': '',
  })
  const env = { ...process.env, HOME: join(dir, 'home'), XDG_CONFIG_HOME: join(dir, 'home/.config') }
  const run = spawnSync(process.execPath, ['find.ts'], { cwd: dir, env, encoding: 'utf8' })
  assert.match(run.stdout, /^no deploy\.config\.ts in/, run.stderr)
  for (const place of ['.config/ran', '.config/deploy/ran', 'home/.config/deploy/ran', 'ran'])
    assert.equal(existsSync(join(dir, place)), false, place)
})
