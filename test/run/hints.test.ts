import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { after, before, test } from 'node:test'
import { hintsOf } from '../../src/run/hints.ts'
import { sh } from '../../src/shell/sh.ts'
import { localHost } from '../../src/run/local-host.ts'
import { prepend, type RunContext } from '../../src/index.ts'
import type { Command } from '../../src/shell/types.ts'
import { hostOf } from '../support/context.ts'
import { startFleet, type Fleet } from './support.ts'

const host = hostOf({ address: 'app1', user: 'deploy' })
const hint = (command: Command, stderr: string, code = 1) => hintsOf(command, { code, stdout: '', stderr }, host, 'deploy')
const rule = (command: Command, stderr: string) => hint(command, stderr)?.split('\n').at(-1)

test('a command that sudo refuses has a hint with the exact rule', () => {
  const restart = sh`systemctl restart shop.service`.sudo()
  for (const said of [
    'sudo: a password is required\n',
    'deploy is not in the sudoers file.\n',
    'Sorry, user deploy may not run sudo on app1.\n',
  ])
    assert.equal(rule(restart, said), 'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart shop.service')
  assert.equal(
    rule(sh`ufw allow ${'a b'}`.sudo(), "Sorry, user deploy is not allowed to execute '/usr/sbin/ufw allow a,b' as root on app1.\n"),
    'deploy ALL=(root) NOPASSWD: /usr/sbin/ufw allow a\\,b',
  )
  assert.equal(rule(sh`/opt/x -a`.sudo().env({ A: '1' }), 'sudo: a password is required'), 'deploy ALL=(root) NOPASSWD: SETENV: /opt/x -a')
  assert.equal(rule(sh`ls`.as('app'), 'sudo: a password is required'), 'deploy ALL=(app) NOPASSWD: /bin/sh ""')
  assert.equal(rule(sh`reload-shop`.sudo(), 'sudo: a password is required'), 'deploy ALL=(root) NOPASSWD: /usr/bin/reload-shop ""')
  assert.match(hint(sh`ls ${'a*'}`.sudo(), 'sudo: a password is required')!, /sudo -l shows what it may run$/)
  assert.equal(hint(restart, 'Job for shop.service failed'), undefined)
})

test('a wrong password for sudo has a hint with the way to try it, and no rule', () => {
  assert.equal(
    hint(sh`id`.sudo(), 'Sorry, try again.\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n'),
    `which password sudo asks for there: ssh -t deploy@app1 'sudo -k -v'\nIf this server has another one than the others: { host: 'w1', sudoPassword: askSecret('sudoPassword-w1') }`,
  )
})

test('a program that is not in the PATH is named, with the command that finds it', () => {
  for (const said of [
    '/bin/sh: 1: ruby: not found\n',
    'bash: line 3: ruby: command not found\n',
    'env: ‘ruby’: No such file or directory\n',
  ]) {
    const text = hint(sh`ruby -v`, said, 127)
    assert.match(text!, /^ruby is not in the PATH of a shell without a login/)
    assert.match(text!, /ssh deploy@app1 .*bash -lc .*command -v ruby/)
    assert.match(text!, /env: \{ PATH: prepend\('FOLDER'\) \}, or rbenv\(\)/)
  }
  assert.equal(hint(sh`x`, 'x: not found', 1), undefined)
})

test('a program that a login shell does not know is not looked for in one', () => {
  const text = hint(sh`nvm use`.login().as('app'), 'bash: line 2: nvm: command not found\n', 127)
  assert.match(text!, /^nvm is not in the PATH of a login shell of app either, nor a function of it\./)
  assert.match(text!, /~\/\.profile: set it up there, not in ~\/\.bashrc$/)
  assert.doesNotMatch(text!, /without a login/)
})

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())

test("shipit's hint follows the author's, unless that is a function with an answer", async () => {
  const of = async (command: Command) =>
    (await fleet.run(['t'], { config: { tasks: { t: { steps: () => [command] } } } })).failures[0]?.hint
  assert.match((await of(sh`no-such-program`.hint('ask Bert')))!, /^ask Bert\nno-such-program is not in the PATH/)
  assert.equal(await of(sh`no-such-program`.hint(() => 'ask Bert')), 'ask Bert')
  assert.match((await of(sh`no-such-program`.hint(() => undefined)))!, /^no-such-program is not in the PATH/)
})

test("the sudo rule names the login's account, for code tasks and on this machine too", async () => {
  mkdirSync(fleet.on('a', '../bin'), { recursive: true })
  writeFileSync(fleet.on('a', '../bin/sudo'), '#!/bin/sh\necho "sudo: a password is required" >&2\nexit 1\n', { mode: 0o755 })
  const refused = sh`sudo systemctl restart shop.service`
  const t = { run: async ({ on }: RunContext) => void (await on('all', (h) => h.run(refused))) }
  const env = { PATH: prepend(fleet.on('a', '../bin')) }
  const ran = await fleet.run(['t'], { config: { tasks: { t }, env } })
  const account = userInfo().username
  const expected = `${account} ALL=(root) NOPASSWD: /usr/bin/systemctl restart shop.service`
  assert.equal(ran.failures[0]?.hint?.split('\n').at(-1), expected)
  const here = hintsOf(refused, { code: 1, stdout: '', stderr: 'sudo: a password is required\n' }, localHost, '')
  assert.equal(here?.split('\n').at(-1), expected)
})

test('the sudo rule is for the command that sudo refused, with its group', () => {
  const rule = (command: Command) =>
    hintsOf(command, { code: 1, stdout: '', stderr: 'sudo: a password is required\n' }, localHost, 'deploy')?.split('\n').at(-1)
  assert.equal(rule(sh`x`.as('app', { group: 'www' })), 'deploy ALL=(app:www) NOPASSWD: /bin/sh ""')
  assert.equal(rule(sh`x`.as('app', { group: 'www' }).orElse(sh`y`)), 'deploy ALL=(app:www) NOPASSWD: /bin/sh ""')
  assert.equal(rule(sh`a`.sudo().orElse(sh`b c`.sudo())), 'deploy ALL=(root) NOPASSWD: /usr/bin/b c')
  assert.equal(rule(sh`a`.as('app').orElse(sh`b c`.sudo())), 'deploy ALL=(root) NOPASSWD: /usr/bin/b c')
  assert.equal(rule(sh`a`.sudo().orElse(sh`b`.as('app'))), 'deploy ALL=(app) NOPASSWD: /bin/sh ""')
})
