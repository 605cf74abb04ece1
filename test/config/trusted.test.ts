import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { groupKind, type Accounts } from '../../src/config/accounts.ts'
import { findConfig, readConfig } from '../../src/config/find.ts'
import { checkTrusted } from '../../src/config/trusted.ts'
import { place } from '../cli/support/place.ts'
import { needs } from '../support/needs.ts'
import { folder, refusal } from './support.ts'

const skip = needs('root', 'git')
/** An account that owns no other file here. */
const OTHER = 54_321

const project = (t: TestContext): string => folder(t, { 'deploy.config.ts': '', 'app/x': '', '.git/HEAD': '' })
/** Runs `work` as this account, with nothing in the environment that makes a file trusted. */
const as = async (t: TestContext, uid: number, work: () => Promise<unknown> | void): Promise<void> => {
  const { geteuid } = process
  process.geteuid = () => uid
  try {
    await work()
  } finally {
    process.geteuid = geteuid!
  }
}
/** The message of the refusal. Runs its remedy and checks that the file is accepted then. */
const mended = async (file: string): Promise<string> => {
  const error = await refusal(readConfig(file, '/'))
  const command = /^if that is not intended: (.*)$/m.exec(error.hint ?? '')![1]!
  execFileSync('/bin/sh', ['-c', command])
  await readConfig(file, '/')
  return `${error.message}\n${command}`
}

test('a config that others may write is refused, and the remedy works', { skip }, async (t) => {
  const dir = project(t)
  const file = join(dir, 'deploy.config.ts')
  chmodSync(file, 0o666)
  await refusal(findConfig(join(dir, 'app')))
  assert.equal(
    await mended(file),
    `${file} can be written by others (mode 0666): anyone who can change it can run code as root\nchmod go-w ${file}`,
  )
})

test('a parent folder that others may write is refused, and the remedy works', { skip }, async (t) => {
  const dir = folder(t, { "ops/it's mine/deploy.config.ts": '', '.git/HEAD': '' })
  chmodSync(join(dir, 'ops'), 0o777)
  chmodSync(join(dir, "ops/it's mine"), 0o777)
  const said = await mended(join(dir, "ops/it's mine/deploy.config.ts"))
  assert.match(said, /ops, on the way to .*, can be written by others \(mode 0777\)/)
  assert.ok(said.endsWith(`chmod go-w ${dir}/ops '${dir}/ops/it'\\''s mine'`), said)
})

test('a config, a folder or a project that another account owns is refused, and each remedy works', { skip }, async (t) => {
  const dir = project(t)
  const file = join(dir, 'deploy.config.ts')
  chownSync(file, OTHER, OTHER)
  assert.equal(await mended(file), `${file} is uid ${OTHER}'s: anyone who can change it can run code as root\nchown -h 0 ${file}`)
  for (const path of [dir, join(dir, 'app'), file]) chownSync(path, OTHER, OTHER)
  chmodSync(file, 0o664)
  assert.match(await mended(file), new RegExp(`chown -hR 0 ${dir} && chmod -R go-w ${dir}$`))
})

test("a symlinked config needs trusted folders on its target's path too", { skip }, async (t) => {
  const dir = folder(t, { 'real/deploy.config.ts': '', 'project/.git/HEAD': '' })
  const link = join(dir, 'project/deploy.config.ts')
  symlinkSync('../real/deploy.config.ts', link)
  await readConfig(link, '/')
  chmodSync(join(dir, 'real'), 0o777)
  assert.match(await mended(link), /real, on the way to .*project\/deploy\.config\.ts, can be written by others/)
  lchownSync(link, OTHER, OTHER)
  assert.match(await mended(link), new RegExp(`project/deploy\\.config\\.ts is uid ${OTHER}'s[^]*chown -h 0 ${link}$`))
})

test("a sticky folder like /tmp is trusted, but not another account's config in it", { skip }, async (t) => {
  const dir = project(t)
  chmodSync(dir, 0o1777)
  await findConfig(dir)
  chownSync(join(dir, 'deploy.config.ts'), OTHER, OTHER)
  await refusal(findConfig(dir))
})

test('outside a repository only the current folder is searched', async (t) => {
  const dir = folder(t, { 'deploy.config.ts': '', 'sub/x': '' })
  const error = await refusal(findConfig(join(dir, 'sub')))
  assert.match(error.message, /^no deploy\.config\.ts in \S+\/sub$/)
})

test("a user's private group may write, as with umask 002, and a group with other members may not", { skip }, async (t) => {
  const dir = project(t)
  const file = join(dir, 'deploy.config.ts')
  for (const path of [dir, file]) {
    chownSync(path, OTHER, OTHER)
    chmodSync(path, path === dir ? 0o775 : 0o664)
  }
  await as(t, OTHER, () => checkTrusted(file))
  // the primary group of another account
  chownSync(file, OTHER, 1)
  await as(t, OTHER, async () => {
    const error = await refusal(readConfig(file, '/'))
    assert.match(error.hint!, /^if that is not intended: chmod go-w \S+$/m)
  })
  assert.deepEqual([groupKind(0, 0), groupKind(OTHER, OTHER)], ['private', 'private'])
  assert.deepEqual([groupKind(1, OTHER), groupKind(OTHER, OTHER + 1)], ['shared', 'shared'])
})

test('a group of a network account is private by its name, or its members count as unknown', () => {
  const passwd = 'root:x:0:0::/root:/bin/sh\nlocal:x:1000:1000::/home/local:/bin/sh\n'
  const group = 'root:x:0:\nlocal:x:1000:\nstaff:x:50:\nteam:x:1500:anna\n'
  const ldap: Record<string, string> = {
    'passwd 10001': 'anna:*:10001:10001:Anna:/home/anna:/bin/bash\n',
    'passwd 10002': 'ben:*:10002:20000:Ben:/home/ben:/bin/bash\n',
    'group 10001': 'anna:*:10001:\n',
    'group 20000': 'domain users:*:20000:\n',
    'group 20001': 'web:*:20001:anna,ben\n',
    'group 20002': 'own:*:20002:anna\n',
    'group 1000': 'local:x:1000:\n',
  }
  const all = (nsswitch: string | undefined, has = ldap): Accounts => ({
    passwd,
    group,
    nsswitch,
    getent: (database, id) => has[`${database} ${id}`],
  })
  const sss = all('passwd: files sss\ngroup: files [SUCCESS=merge] sss # as always\n')
  const rows: readonly (readonly [accounts: Accounts, gid: number, uid: number, kind: string])[] = [
    [sss, 10_001, 10_001, 'private'],
    [sss, 1000, 1000, 'private'],
    [sss, 0, 10_001, 'private'],
    // everyone's primary group, which lists no members
    [sss, 20_000, 10_002, 'unknown'],
    [sss, 20_001, 10_001, 'shared'],
    [sss, 20_002, 10_001, 'unknown'],
    [sss, 50, 10_001, 'unknown'],
    [sss, 54_321, 10_001, 'shared'],
    [all('passwd: files sss\n', {}), 50, 10_001, 'unknown'],
    [all(undefined, {}), 20, 501, 'shared'],
    [all(undefined, {}), 50, 501, 'unknown'],
    // all accounts are in files
    [all('passwd: files systemd\ngroup: files systemd\nhosts: files dns\n'), 50, 1000, 'private'],
    [all(''), 1500, 1000, 'shared'],
    [all(''), 1000, 1000, 'private'],
    [{ ...all('passwd: compat\n'), passwd: `${passwd}+::::::\n` }, 50, 1000, 'unknown'],
  ]
  for (const [accounts, gid, uid, kind] of rows) assert.equal(groupKind(gid, uid, accounts), kind, `${gid} ${uid}`)
})

test("the user who called sudo, a CI workspace and git's safe.directory are trusted", { skip }, async (t) => {
  const dir = project(t)
  const file = join(dir, 'deploy.config.ts')
  for (const path of [dir, file]) chownSync(path, OTHER, OTHER)
  chmodSync(file, 0o666)
  const env = { ...process.env }
  t.after(() => (process.env = env))
  const only = (own: Record<string, string>) => (process.env = { PATH: env['PATH'], HOME: dir, ...own })
  for (const own of [
    { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: dir },
    { GITLAB_CI: 'true', CI_PROJECT_DIR: dir },
    { JENKINS_URL: 'http://ci', WORKSPACE: `${dir}/` },
  ]) {
    only(own)
    checkTrusted(file)
  }
  for (const own of [
    {},
    { GITHUB_WORKSPACE: dir },
    { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: `${dir}/app` },
    { JENKINS_URL: 'x', WORKSPACE: '/' },
  ]) {
    only(own)
    assert.throws(() => checkTrusted(file), { exit: 2 }, JSON.stringify(own))
  }
  only({ SUDO_UID: String(OTHER) })
  assert.throws(() => checkTrusted(file), /can be written by others/)
  chmodSync(file, 0o644)
  checkTrusted(file)
  only({})
  assert.throws(
    () => checkTrusted(file),
    (error: { hint: string }) => {
      // as it is printed
      execFileSync('/bin/sh', ['-c', /^ *if it is: (.*)$/m.exec(error.hint)![1]!])
      return true
    },
  )
  checkTrusted(file)
  execFileSync('git', ['config', '--global', '--add', 'safe.directory', ''])
  assert.throws(() => checkTrusted(file))
})

test('files that the config imports must be trusted, in node_modules too', { skip }, async (t) => {
  const p = place({
    'deploy.config.ts': `import { hello } from './tasks.ts'\nimport 'planted'\nexport default { application: 'shop', tasks: { hello }, stages: { test: { servers: ['a1'] } } }`,
    'tasks.ts': `export const hello = { description: 'Hello', steps: () => [] }`,
    'node_modules/planted/index.js': '',
    'node_modules/planted/package.json': '{"type":"module","main":"index.js"}',
  })
  t.after(p.remove)
  assert.equal((await p.shipit(['--tasks', 'hello'])).code, 0)
  for (const path of ['tasks.ts', 'node_modules/planted/index.js']) {
    chmodSync(join(p.dir, path), 0o666)
    const ran = await p.shipit(['--tasks', 'hello'])
    assert.equal(ran.code, 2)
    assert.ok(ran.stderr.includes(`${path} can be written by others`), ran.stderr)
    execFileSync('/bin/sh', ['-c', /^ *if that is not intended: (.*)$/m.exec(ran.stderr)![1]!])
  }
  mkdirSync(join(p.dir, 'lib'), { mode: 0o777 })
  chmodSync(join(p.dir, 'lib'), 0o777)
  writeFileSync(join(p.dir, 'lib/more.ts'), `export const more = 1`)
  writeFileSync(
    join(p.dir, 'tasks.ts'),
    `import { more } from './lib/more.ts'\nexport const hello = { description: 'Hello' + more, steps: () => [] }`,
  )
  assert.match((await p.shipit(['--tasks', 'hello'])).stderr, /lib, on the way to .*more\.ts, can be written by others/)
})
