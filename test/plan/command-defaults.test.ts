import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stage } from '../../src/tasks/stage.ts'
import type { Host } from '../../src/inventory/types.ts'
import { withDefaults } from '../../src/plan/command-defaults.ts'
import { render } from '../../src/shell/render.ts'
import { fail, note, warn } from '../../src/shell/messages.ts'
import { sh } from '../../src/shell/sh.ts'
import { upload } from '../../src/shell/upload.ts'
import { when } from '../../src/shell/when.ts'
import { write } from '../../src/shell/write.ts'
import { secret } from '../../src/values/secret.ts'

const stage = { env: { TOKEN: secret('hidden-from-sudo'), RAILS_ENV: 'production' } } as unknown as Stage
const text = (command: ReturnType<typeof sh>) => render(withDefaults(command, stage, undefined), { secrets: 'reveal' }).toString()

test("a command's own env wins over the stage's, and sudo gets neither", () => {
  assert.match(text(sh`rake`.env({ RAILS_ENV: 'test' })), /RAILS_ENV=test/)
  assert.match(text(sh`rake`), /hidden-from-sudo/)
  assert.equal(text(sh`systemctl restart x`.sudo()), 'sudo systemctl restart x')
})

test('withDefaults leaves a message unchanged', () => {
  for (const message of [fail('no'), warn('look'), note('good')]) assert.equal(withDefaults(message, stage, undefined), message)
})

test("an alternative has the stage's env as its command does, unless it is one with .sudo()", () => {
  assert.match(text(sh`rake`.orElse(sh`other`)), /RAILS_ENV=production\nrake\nor else \([^]*RAILS_ENV=production\nother\n\)$/)
  assert.match(text(sh`rake`.env({ RAILS_ENV: 'test' }).orElse(sh`other`)), /or else \([^]*RAILS_ENV=test\nother\n\)$/)
  assert.match(text(sh`rake`.orElse(sh`service x restart`.sudo())), /\nor else sudo service x restart$/)
  assert.match(text(sh`reload x`.sudo().orElse(sh`rake`)), /^sudo reload x\nor else \([^]*RAILS_ENV=production\nrake\n\)$/)
  assert.match(text(sh`reload x`.sudo().orElse(sh`restart x`.sudo())), /^sudo reload x\nor else sudo restart x$/)
})

test('a write() into a release stays inside it, also as an alternative', () => {
  const whole = { env: {}, deployTo: '/srv/shop', releasesDirectory: 'releases', currentDirectory: 'current', sharedDirectory: 'shared' }
  const release = { ...whole, linkedDirs: [], linkedFiles: [], repoTree: undefined } as unknown as Stage
  const file = '/srv/shop/current/config/x.yml'
  for (const command of [
    sh`false`.orElse(write(file, 'x')),
    sh`false`.sudo().orElse(write(file, 'x')),
    sh`a`.orElse(sh`b`.orElse(write(file, 'x'))),
  ])
    assert.match(render(withDefaults(command, release, undefined), { secrets: 'mask' }).toString(), /shipit_real d config/)
})

test("the guard of a when() has the stage's env, and nothing of its step", () => {
  const [step] = when(sh`test -e x`, [sh`a`.in('/srv').sudo()]) as [ReturnType<typeof sh>]
  assert.match(text(step), /^onlyIf \(\n[^]*RAILS_ENV=production\ntest -e x\n\)\ncd \/srv\nsudo a$/)
})

const strict = {
  env: {},
  umask: '0027',
  file: '/app/deploy.config.ts',
  deployTo: '/srv/shop',
  releasesDirectory: 'releases',
  currentDirectory: 'current',
  sharedDirectory: 'shared',
  linkedDirs: [],
  linkedFiles: [],
  repoTree: undefined,
} as unknown as Stage
const host = { name: 'a1' } as Host
const under = (command: ReturnType<typeof sh>, where: Host | undefined = host) =>
  render(withDefaults(command, strict, where), { secrets: 'mask' }).toString()

test("the stage's umask is that of every command on a host, also with .sudo(), and of none on this machine", () => {
  assert.equal(under(sh`rake`), 'umask 0027\nrake')
  assert.equal(under(sh`systemctl restart x`.sudo()), 'umask 0027\nsudo systemctl restart x')
  assert.equal(render(withDefaults(sh`rake`, strict, undefined), { secrets: 'mask' }).toString(), 'rake')
  assert.equal(withDefaults(note('good'), strict, host).spec.umask, undefined)
})

test("a command's own umask wins over the stage's, for its guards and alternatives too", () => {
  assert.equal(
    under(
      sh`rake`
        .umask('0077')
        .unless(sh`test -e x`)
        .orElse(sh`other`),
    ),
    'unless (\numask 0077\ntest -e x\n)\numask 0077\nrake\nor else (\numask 0077\nother\n)',
  )
  assert.equal(
    under(
      sh`a`
        .sudo()
        .umask('0077')
        .orElse(sh`b`.sudo()),
    ),
    'umask 0077\nsudo a\nor else (\numask 0077\nsudo b\n)',
  )
})

test("the guard of a when() has the stage's umask, and not that of its step", () => {
  const [step] = when(sh`test -e x`, [sh`a`.umask('0077')]) as [ReturnType<typeof sh>]
  assert.equal(under(step), 'onlyIf (\numask 0027\ntest -e x\n)\numask 0077\na')
})

test('a write() without a mode gets what the umask leaves of 0666, also in a release', () => {
  for (const file of ['/etc/x', '/srv/shop/current/x', '/srv/shop/releases/20240101000000/x'])
    assert.match(under(write(file, 'x')), /^shipit_umask=0027 shipit_mode=0640$/m)
  assert.match(under(write('/etc/x', 'x').umask('0002')), /^shipit_umask=0002 shipit_mode=0664$/m)
  assert.match(under(sh`false`.orElse(write('/etc/x', 'x'))), /^shipit_umask=0027 shipit_mode=0640$/m)
})

test('an upload() gets the umask of its stage, or its own', () => {
  assert.equal(withDefaults(upload('dist', '/srv/x'), strict, host).spec.upload!.umask, '0027')
  assert.equal(withDefaults(upload('dist', '/srv/x').umask('0077'), strict, host).spec.upload!.umask, '0077')
})
