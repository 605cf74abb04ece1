import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { configText, place } from '../cli/support/place.ts'
import { code } from '../house/pages.ts'
import { needs } from '../support/needs.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'

// The recipe of docs/recipes.md in a project without node_modules, as a reader of that page has it.
const skip = needs('root', 'sshd', 'ssh', 'ssh-keygen', 'sudo')
const recipe = code('docs/recipes.md').find(({ text }) => text.includes('export const logrotate'))!.text

let target: Sshd
before(async () => {
  if (!skip) target = await startSshd()
})
after(() => target?.stop())

const project = (t: { after: (done: () => void) => void }) => {
  const p = place({ 'deploy/logrotate.ts': recipe })
  t.after(p.remove)
  const dir = join(p.dir, 'logrotate.d')
  mkdirSync(dir)
  const config = (more: string) => `import { logrotate } from './deploy/logrotate.ts'\n${configText(more)}`
  const write = (settings = '') =>
    p.write({
      'deploy.config.ts': config(`
  deployTo: '${join(p.dir, 'srv')}', repoUrl: '${p.dir}', use: [logrotate({ dir: '${dir}', ${settings} })], ssh: { configFile: '${target.configFile}' },
  stages: { test: { servers: { web: ['127.0.0.1:${target.port}'] } }, other: { servers: { db: ['db1'] } } },`),
    })
  write()
  return { write, file: join(dir, 'shop_test'), shipit: (...args: string[]) => p.shipit(['test', ...args, '--no-log']) }
}

test("a user's recipe writes a file, changes it and removes it with the kit alone", { skip }, async (t) => {
  const { write, file, shipit } = project(t)
  assert.match((await shipit('doctor')).stdout, /logrotate\.d\/shop_test is missing or cannot be read/)
  const first = await shipit('logrotate:install')
  assert.equal(first.code, 0, first.stdout + first.stderr)
  assert.match(
    readFileSync(file, 'utf8'),
    /^# Written by shipit for shop \(test\): logrotate:install writes shop_test anew .*\n.*\/srv\/shared\/log\/\*\.log \{\n {2}daily\n {2}rotate 14\n/,
  )
  assert.doesNotMatch((await shipit('doctor')).stdout, /shop_test/)
  write('days: 7')
  assert.match((await shipit('doctor')).stdout, /logrotate\.d\/shop_test is not as the config says now/)
  assert.equal((await shipit('logrotate:install')).code, 0)
  assert.match(readFileSync(file, 'utf8'), /rotate 7\n/)
  assert.equal((await shipit('logrotate:uninstall')).code, 0)
  assert.ok(!existsSync(file))
})

test('a foreign file is neither overwritten nor removed', { skip }, async (t) => {
  const { file, shipit } = project(t)
  writeFileSync(file, '/var/log/shop.log {}\n')
  for (const task of ['logrotate:install', 'logrotate:uninstall']) {
    const { code: exit, stdout } = await shipit(task)
    assert.equal(exit, 1, stdout)
    assert.match(stdout, /shop_test was not written by shipit/)
  }
  assert.equal(readFileSync(file, 'utf8'), '/var/log/shop.log {}\n')
})

test('a setting that the kit refuses is a config error with its line', { skip }, async (t) => {
  const { write, shipit } = project(t)
  write('days: 0')
  const { code: exit, stderr } = await shipit('logrotate:install')
  assert.equal(exit, 2, stderr)
  assert.match(stderr, /use\[0\]: days: expected at least 1, found 0\n {2}in deploy\.config\.ts:\d+\n/)
})

test("doctor reports an unreadable file, and checks only hosts with the recipe's roles", { skip }, async (t) => {
  const { write, file, shipit } = project(t)
  mkdirSync(file)
  assert.match((await shipit('doctor')).stdout, /shop_test cannot be read: cat: .*Is a directory/)
  write("roles: ['db']")
  assert.doesNotMatch((await shipit('doctor')).stdout, /shop_test/)
})
