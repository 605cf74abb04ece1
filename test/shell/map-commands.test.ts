import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandMap, mapCommands } from '../../src/shell/map-commands.ts'
import { note } from '../../src/shell/messages.ts'
import { render } from '../../src/shell/render.ts'
import { sh } from '../../src/shell/sh.ts'
import type { Command } from '../../src/shell/types.ts'
import { write } from '../../src/shell/write.ts'
import { joinCommands } from '../../src/tasks/join-commands.ts'

const map = commandMap({ rake: 'bundle exec rake', node: '~/node/bin/node', tool: ['/opt/my tools/tool', '$HOME'], gone: null })
const mapped = (command: Command): string => render(mapCommands(command, map), { secrets: 'mask' }).toString()

test('the first word of a command is replaced by its words, and nothing is expanded in them', () => {
  assert.equal(mapped(sh`rake db:seed rake`), 'bundle exec rake db:seed rake')
  assert.equal(mapped(sh`rake`), 'bundle exec rake')
  assert.equal(mapped(sh`rake ${'a b'} | tee log`), "bundle exec rake 'a b' | tee log")
  assert.equal(mapped(sh`rake; true`), 'bundle exec rake; true')
  assert.equal(mapped(sh`tool x`), "'/opt/my tools/tool' '$HOME' x")
  assert.equal(mapped(sh`node x.js`), '"$HOME"/node/bin/node x.js')
})

test('a word that is quoted, built, assigned, defined or not the first stays', () => {
  for (const command of [
    sh`'rake' x`,
    sh`rake${'2'}`,
    sh`rake"$x"`,
    sh`${'rake'} x`,
    sh`rake=1 x`,
    sh`A=1 rake`,
    sh`rakes`,
    sh`./rake`,
    sh`rake() { true; }`,
    sh`true && rake`,
    sh`gone x`,
  ])
    assert.equal(mapped(command), render(command, { secrets: 'mask' }).toString())
})

test('guards, alternatives and the diagnosis of a command are mapped as it is', () => {
  assert.equal(
    mapped(sh`rake a`.unless(sh`rake b`).orElse(sh`rake c`)),
    'unless bundle exec rake b\nbundle exec rake a\nor else bundle exec rake c',
  )
  assert.equal(mapped(mapCommands(sh`false`.diagnose(sh`rake`), map).spec.diagnose!), 'bundle exec rake')
})

test('a command inside another one is mapped where a command begins', () => {
  assert.equal(mapped(sh`${sh`rake a`} | tee log`), 'bundle exec rake a | tee log')
  assert.equal(mapped(sh`if ${sh`rake a`}; then ${sh`rake b`}; fi`), 'if bundle exec rake a; then bundle exec rake b; fi')
  assert.equal(mapped(joinCommands(sh`rake a`, sh`rake b`)), 'bundle exec rake a\nbundle exec rake b')
  assert.equal(mapped(sh`time-it ${sh`rake a`}`), 'time-it rake a')
})

test('the words of .sudo(), a message and a write() stay', () => {
  assert.equal(mapped(sh`rake x`.sudo()), 'sudo rake x')
  assert.equal(mapped(sh`rake x`.sudo().orElse(sh`rake y`)), 'sudo rake x\nor else bundle exec rake y')
  const message = note('rake')
  assert.equal(mapCommands(message, map), message)
  assert.equal(mapped(write('/etc/x', 'rake')), render(write('/etc/x', 'rake'), { secrets: 'mask' }).toString())
})
