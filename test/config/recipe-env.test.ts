import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withDefaults } from '../../src/plan/command-defaults.ts'
import { render } from '../../src/shell/render.ts'
import type { Host } from '../../src/inventory/types.ts'
import { sh } from '../../src/shell/sh.ts'
import type { Path } from '../../src/values/path.ts'
import { refusal, shown, stageOf } from './support.ts'

const config = (recipes: string, use: string, top = '', stage = '') => `
import { append, defineRecipe, path, prepend } from 'shipit-ts'
import { z } from 'zod'
void [append, path, prepend, z]
${recipes}
export default { application: 'shop', use: [${use}], ${top}
  stages: { production: { servers: ['a1'], ${stage} } } }`

const ruby = `const ruby = defineRecipe({ name: 'ruby', settings: z.object({ version: z.string().default('3.4.1') }),
  env: ({ settings, stage }) => ({ RBENV_VERSION: settings.version, RAILS_ENV: stage, PATH: prepend('/ruby') }) })`
const node = `const node = defineRecipe({ name: 'node', env: () => ({ RBENV_VERSION: 'none', PATH: prepend('/node'), NODE: path('/node') }) })`
const echo = (env: Parameters<typeof withDefaults>[1], command = sh`true`) =>
  render(withDefaults(command, env, undefined), { secrets: 'reveal' }).toString()

test("a recipe's env, made from its settings and the stage, applies to every command", async (t) => {
  const stage = await stageOf(t, config(ruby, `ruby({ version: () => '3.3' })`))
  assert.deepEqual({ ...stage.env, PATH: undefined }, { RBENV_VERSION: '3.3', RAILS_ENV: 'production', PATH: undefined })
  assert.ok(Object.isFrozen(stage.env))
  assert.match(echo(stage), /^export PATH=\/ruby"\$\{PATH:\+:\$PATH\}"$/m)
})

test("a later recipe's env wins over an earlier one, and their PATH folders are joined", async (t) => {
  const stage = await stageOf(t, config(`${ruby}\n${node}`, 'ruby(), node()'))
  assert.equal(stage.env['RBENV_VERSION'], 'none')
  assert.equal((stage.env['NODE'] as Path).toString(), '/node')
  assert.match(echo(stage), /^export PATH=\/node:\/ruby"\$\{PATH:\+:\$PATH\}"$/m)
})

test("the config's env wins over recipes, the stage's over both, and the PATH folders are joined", async (t) => {
  const stage = await stageOf(
    t,
    config(
      ruby,
      'ruby()',
      `env: { RBENV_VERSION: '9', RAILS_ENV: 'x', PATH: append('/last') },`,
      `env: { RAILS_ENV: 'y', PATH: prepend('/first') },`,
    ),
  )
  assert.deepEqual([stage.env['RBENV_VERSION'], stage.env['RAILS_ENV']], ['9', 'y'])
  assert.match(echo(stage), /^export PATH=\/first:\/ruby"\$\{PATH:\+:\$PATH\}":\/last$/m)
  const own = sh`true`.env({ PATH: null, RAILS_ENV: 'mine' })
  assert.match(echo(stage, own), /^unset PATH$/m)
  assert.match(echo(stage, own), /^export RAILS_ENV=mine$/m)
})

test("a command's own PATH folders are added to the stage's", async (t) => {
  const { prepend } = await import('../../src/shell/env.ts')
  const stage = await stageOf(t, config(ruby, 'ruby()'))
  assert.match(echo(stage, sh`true`.env({ PATH: prepend('/own') })), /^export PATH=\/own:\/ruby"\$\{PATH:\+:\$PATH\}"$/m)
})

test("a recipe's env that throws or is not an environment is an error with its location", async (t) => {
  const throws = `const broken = defineRecipe({ name: 'broken',\n  env: () => { throw new Error('no luck') } })`
  assert.match(shown(await refusal(stageOf(t, config(throws, 'broken()')))), /^the env of broken: no luck\nat deploy\.config\.ts:6$/)
  for (const [made, said] of [
    [`'x'`, /^broken\(\) in use\[0\]: env: expected an object, found "x"/],
    [`({ A: true })`, /^broken\(\) in use\[0\]: env\.A: must be a string: put it in quotes, "true"/],
    [`({ 'A-B': '1' })`, /^broken\(\) in use\[0\]: env\.A-B: is not a name/],
    [`Promise.resolve({})`, /^broken\(\) in use\[0\]: env: /],
  ] as const) {
    const wrong = `const broken = defineRecipe({ name: 'broken', env: (() => ${made}) as never })`
    assert.match(shown(await refusal(stageOf(t, config(wrong, 'broken()')))), said)
  }
})

test("a recipe's env is not computed from wrong settings, which are reported instead", async (t) => {
  const text = shown(await refusal(stageOf(t, config(ruby.replace('settings.version', 'settings.version.trim()'), 'ruby({ version: 3 })'))))
  assert.match(text, /^ruby\(\) in use\[0\]: version: expected a string, found 3/)
  assert.doesNotMatch(text, /env/)
})

test("a recipe's env that is for servers is not that of commands on this machine, which get all the rest", async (t) => {
  const both = `${ruby}
const here = defineRecipe({ name: 'here', env: () => ({ RAILS_ENV: 'here', ONLY: 'x', PATH: prepend('/here') }) })
const there = defineRecipe({ name: 'there', settings: z.object({ version: z.string().default('1') }), envOn: 'servers',
  env: ({ settings }) => ({ RBENV_ROOT: '/rbenv', RAILS_ENV: settings.version, PATH: prepend('/there') }) })`
  const text = config(both, 'here(), there()', `env: { LEVEL: 'info', PATH: append('/last') },`)
  const stage = await stageOf(t, text, { set: ['there.version=2', 'env.LEVEL=debug'] })
  const on = (host?: Host) => render(withDefaults(sh`true`, stage, host), { secrets: 'reveal' }).toString()
  assert.match(on(stage.hosts[0]), /^export RBENV_ROOT=\/rbenv$/m)
  assert.match(on(stage.hosts[0]), /^export RAILS_ENV=2$/m)
  assert.match(on(stage.hosts[0]), /^export PATH=\/there:\/here"\$\{PATH:\+:\$PATH\}":\/last$/m)
  assert.doesNotMatch(on(), /RBENV_ROOT/)
  assert.match(on(), /^export RAILS_ENV=here$/m)
  assert.match(on(), /^export ONLY=x$/m)
  assert.match(on(), /^export LEVEL=debug$/m)
  assert.match(on(), /^export PATH=\/here"\$\{PATH:\+:\$PATH\}":\/last$/m)
})
