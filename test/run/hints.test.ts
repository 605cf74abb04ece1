import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { after, before, test } from 'node:test'
import { hintsOf } from '../../src/run/hints.ts'
import { sh } from '../../src/shell/sh.ts'
import { localHost } from '../../src/run/local.ts'
import { prepend, type RunContext } from '../../src/index.ts'
import type { Command } from '../../src/shell/types.ts'
import { hostOf } from '../support/context.ts'
import { startFleet, type Fleet } from './support.ts'

const host = hostOf({ address: 'app1', user: 'deploy' })
const hint = (command: Command, stderr: string, code = 1) => hintsOf(command, { code, stdout: '', stderr }, host, 'deploy')
const rule = (command: Command, stderr: string) => hint(command, stderr)?.split('\n').at(-1)

test('a command that sudo refuses gets the exact rule for it', () => {
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
  assert.equal(rule(sh`ls`.as('app'), 'sudo: a password is required'), 'deploy ALL=(app) NOPASSWD: /bin/sh')
  assert.match(hint(sh`ls ${'a*'}`.sudo(), 'sudo: a password is required')!, /sudo -l shows what it may run$/)
  assert.equal(hint(restart, 'Job for shop.service failed'), undefined)
})

test('a program that is not in the PATH is named, with how to find it', () => {
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

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())

test("shipit's own hint stands beside the author's; a function of the author that knows better stands alone", async () => {
  const of = async (command: Command) =>
    (await fleet.run(['t'], { config: { tasks: { t: { steps: () => [command] } } } })).failures[0]?.hint
  assert.match((await of(sh`no-such-program`.hint('ask Bert')))!, /^ask Bert\nno-such-program is not in the PATH/)
  assert.equal(await of(sh`no-such-program`.hint(() => 'ask Bert')), 'ask Bert')
  assert.match((await of(sh`no-such-program`.hint(() => undefined)))!, /^no-such-program is not in the PATH/)
})

test('the rule for sudo names the account that was logged in, also where code ran the command, and on this machine', async () => {
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
