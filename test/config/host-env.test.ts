import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withDefaults } from '../../src/plan/command-defaults.ts'
import { render } from '../../src/shell/render.ts'
import { sh } from '../../src/shell/sh.ts'
import type { Stage } from '../../src/tasks/stage.ts'
import { isSecret } from '../../src/values/secret.ts'
import { refusal, shown, stageOf } from './support.ts'

const config = (servers: string, more = '') => `
import { append, defineRecipe, env, prepend, secret } from 'shipit-ts'
import { z } from 'zod'
void [append, env, prepend, secret, z]
const ruby = defineRecipe({ name: 'ruby', settings: z.object({ version: z.string().default('3.4') }),
  env: ({ settings }) => ({ RUBY: settings.version, PATH: prepend('/ruby') }) })
export default { application: 'shop', use: [ruby()], env: { LEVEL: 'config', PATH: prepend('/config') }, ${more}
  stages: { production: { env: { STAGE: 'stage' }, servers: ${servers} } } }`

/** The lines that a host gets before a command. */
const linesOn = (stage: Stage, name: string, command = sh`true`): string[] =>
  render(
    withDefaults(
      command,
      stage,
      stage.hosts.find((host) => host.name === name),
    ),
    { secrets: 'mask' },
  )
    .toString()
    .split('\n')
    .slice(0, -1)

test("a host's env wins over the stage's on that host alone, and PATH folders are joined", async (t) => {
  const own = `{ host: 'a1', env: { LEVEL: 'a1', STAGE: null, PATH: prepend('/a1'), THREADS: 8 } }`
  const stage = await stageOf(t, config(`[${own}, 'a2']`))
  assert.deepEqual(linesOn(stage, 'a1'), [
    'export RUBY=3.4',
    'export PATH=/a1:/config:/ruby"${PATH:+:$PATH}"',
    'export LEVEL=a1',
    'unset STAGE',
    'export THREADS=8',
  ])
  assert.deepEqual(linesOn(stage, 'a2'), [
    'export RUBY=3.4',
    'export PATH=/config:/ruby"${PATH:+:$PATH}"',
    'export LEVEL=config',
    'export STAGE=stage',
  ])
})

test("a command's own env wins over the host's", async (t) => {
  const stage = await stageOf(t, config(`[{ host: 'a1', env: { LEVEL: 'a1' } }]`))
  assert.ok(linesOn(stage, 'a1', sh`true`.env({ LEVEL: 'own' })).includes('export LEVEL=own'))
})

test("a command on this machine, or one with .sudo(), gets nothing of a host's env", async (t) => {
  const stage = await stageOf(t, config(`[{ host: 'a1', env: { LEVEL: 'a1' } }]`))
  assert.deepEqual(linesOn(stage, 'a1', sh`true`.sudo()), [])
  assert.match(render(withDefaults(sh`true`, stage, undefined), { secrets: 'mask' }).toString(), /LEVEL=config/)
})

test("the command line wins over a host's env, also through a recipe", async (t) => {
  const servers = `[{ host: 'a1', env: { LEVEL: 'a1', RUBY: 'a1', PATH: prepend('/a1') } }]`
  const stage = await stageOf(t, config(servers), { set: ['env.LEVEL=flag', 'ruby.version=3.5'] })
  assert.deepEqual(linesOn(stage, 'a1'), [
    'export RUBY=3.5',
    'export PATH=/a1:/config:/ruby"${PATH:+:$PATH}"',
    'export LEVEL=flag',
    'export STAGE=stage',
  ])
})

test("a secret in a host's env stays one, and --set makes a secret of what replaces it", async (t) => {
  const servers = `[{ host: 'a1', env: { KEY: secret('hidden-host-key') } }]`
  assert.ok(linesOn(await stageOf(t, config(servers)), 'a1').includes('export KEY=[secret]'))
  const stage = await stageOf(t, config(servers), { set: ['env.KEY=typed-host-key'] })
  assert.ok(isSecret(stage.hostEnv!.get('a1')!['KEY']))
})

test("a missing secret in a host's env is an error before anything connects", async (t) => {
  const error = await refusal(stageOf(t, config(`[{ host: 'a1', env: { KEY: env.secret('SHIPIT_TEST_ABSENT') } }]`)))
  assert.match(error.message, /SHIPIT_TEST_ABSENT is not set/)
})

test('the entries of one host in a list by role join their env, and must not contradict each other', async (t) => {
  const roles = (other: string) =>
    `{ app: [{ host: 'a1', env: { A: '1', KEY: secret('same-host-key') } }], db: [{ host: 'a1', env: ${other} }] }`
  const stage = await stageOf(t, config(roles(`{ B: '2', KEY: secret('same-host-key') }`)))
  assert.deepEqual(Object.keys(stage.hosts[0]!.env!), ['A', 'KEY', 'B'])
  assert.match(shown(await refusal(stageOf(t, config(roles(`{ A: '2' }`))))), /a1 is named twice, with env\.A "1" and "2": which is it\?/)
  const error = await refusal(stageOf(t, config(roles(`{ KEY: secret('other-host-key') }`))))
  assert.match(error.message, /with env\.KEY \[secret\] and \[secret\]: which is it\?/)
})

for (const [what, env, message] of [
  ['a name that is none', `{ 'A-B': '1' }`, /is not a name for an environment variable/],
  ['a boolean', '{ A: true }', /must be a string: put it in quotes, "true"/],
  ['a list', `['A']`, /expected an object/],
] as const)
  test(`${what} in a host's env is an error with its place`, async (t) => {
    const text = shown(await refusal(stageOf(t, config(`[{ host: 'a1', env: ${env} }]`))))
    assert.match(text, message)
    assert.match(text, /stages\.production\.servers\[0\]\.env/)
    assert.match(text, /deploy\.config\.ts:8/)
  })

test("a YAML config gives a host's env", async (t) => {
  const text =
    'application: shop\nstages:\n  production:\n    servers:\n      - host: a1\n        env: { THREADS: 8, LEVEL: info, NONE: null }\n'
  const stage = await stageOf(t, text, { file: 'deploy.config.yml' })
  assert.deepEqual(linesOn(stage, 'a1'), ['export THREADS=8', 'export LEVEL=info', 'unset NONE'])
})
