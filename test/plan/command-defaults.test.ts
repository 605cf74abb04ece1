import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stage } from '../../src/tasks/stage.ts'
import { withDefaults } from '../../src/plan/command-defaults.ts'
import { render } from '../../src/shell/render.ts'
import { fail, note, warn } from '../../src/shell/messages.ts'
import { sh } from '../../src/shell/sh.ts'
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
