import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stage } from '../../src/tasks/stage.ts'
import { withDefaults } from '../../src/plan/defaults.ts'
import { render } from '../../src/shell/render.ts'
import { fail, note, warn } from '../../src/shell/says.ts'
import { sh } from '../../src/shell/sh.ts'
import { secret } from '../../src/values/secret.ts'

const stage = { env: { TOKEN: secret('hidden-from-sudo'), RAILS_ENV: 'production' } } as unknown as Stage
const text = (command: ReturnType<typeof sh>) => render(withDefaults(command, stage), { secrets: 'reveal' }).toString()

test('the environment of a stage is under a command’s own, and never reaches what sudo runs', () => {
  assert.match(text(sh`rake`.env({ RAILS_ENV: 'test' })), /RAILS_ENV=test/)
  assert.match(text(sh`rake`), /hidden-from-sudo/)
  assert.equal(text(sh`systemctl restart x`.sudo()), 'sudo systemctl restart x')
})

test('a message gets none of it: it runs nothing', () => {
  for (const message of [fail('no'), warn('look'), note('good')]) assert.equal(withDefaults(message, stage), message)
})
