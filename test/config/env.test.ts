import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { collectEnvErrors } from '../../src/config/env-issues.ts'
import { env } from '../../src/config/env.ts'
import type { ShipitError } from '../../src/values/errors.ts'
import { isSecret, reveal } from '../../src/values/secret.ts'
import { refusal, shown, stageOf } from './support.ts'

const given = (t: TestContext, values: Readonly<Record<string, string | undefined>>): void => {
  const before = Object.fromEntries(Object.keys(values).map((name) => [name, process.env[name]]))
  const put = (all: typeof values) => {
    for (const [name, value] of Object.entries(all)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
  put(values)
  t.after(() => put(before))
}

test('env, env.int, env.flag, env.json and env.secret read variables as their types', (t) => {
  given(t, { T_NAME: 'x', T_INT: '-12', T_YES: 'Yes', T_NO: '0', T_JSON: '{"a":[1]}', T_KEY: 'hush-hush' })
  assert.equal(env('T_NAME'), 'x')
  assert.equal(env.int('T_INT'), -12)
  assert.deepEqual([env.flag('T_YES'), env.flag('T_NO'), env.flag('T_UNSET')], [true, false, false])
  assert.deepEqual(env.json('T_JSON'), { a: [1] })
  const key = env.secret('T_KEY')
  assert.ok(isSecret(key))
  assert.equal(reveal(key), 'hush-hush')
  assert.throws(() => `${key as unknown as string}`, /a secret was turned into a string/)
})

test('a fallback replaces a variable that is unset or empty', (t) => {
  given(t, { T_EMPTY: '', T_UNSET: undefined })
  assert.equal(env('T_UNSET', 'main'), 'main')
  assert.equal(env('T_EMPTY', 'main'), 'main')
  assert.equal(env('T_UNSET', undefined), undefined)
  assert.equal(env.int('T_UNSET', 3), 3)
  assert.deepEqual(env.json('T_UNSET', []), [])
})

test('a missing variable throws at once outside a config', () => {
  assert.throws(() => env('T_MISSING'), { exit: 2, message: 'the environment variable T_MISSING is not set' })
  assert.throws(() => env.secret('T_MISSING'), { exit: 2 })
  assert.throws(() => env.json('T_MISSING'), { exit: 2 })
})

test('all missing and invalid variables of a config are one error', async (t) => {
  given(t, { T_PORT: 'many', T_DATA: '{"password":', T_A: undefined, T_B: undefined, T_C: undefined })
  const config = `import { env } from 'shipit-ts'
    env.int('T_PORT'); env.json('T_DATA'); env.secret('T_C')
    export default { application: 'x', deployTo: \`/srv/\${env('T_A')}/\${env('T_B')}\`, stages: {} }`
  assert.equal(
    shown(await refusal(stageOf(t, config))),
    'environment variables are not set: T_A, T_B; T_PORT is "many": write a whole number; T_DATA is not JSON: it ends too early, after 12 characters\nhint: the config reads them with env(): export T_A=… T_B=…',
  )
})

test('env.flag accepts the words for yes and no, and an error lists them', (t) => {
  const values = (names: string): string[] => names.split(' ')
  for (const value of values('1 true TRUE yes on')) {
    given(t, { T_FLAG: value })
    assert.equal(env.flag('T_FLAG'), true, value)
  }
  for (const value of [...values('0 false no OFF'), '', undefined]) {
    given(t, { T_FLAG: value })
    assert.equal(env.flag('T_FLAG'), false, value)
  }
  given(t, { T_FLAG: 'ture' })
  assert.throws(() => env.flag('T_FLAG'), { message: 'T_FLAG is "ture": write 1, true, yes or on, or 0, false, no or off' })
})

test('the error about a variable that is not JSON has the place of the mistake, and nothing of the text', (t) => {
  for (const [text, place] of [
    ['hunter2', 'the mistake is at character 1'],
    ['{"password": hunter2}', 'the mistake is at character 14'],
    ["{'password': 1}", 'the mistake is at character 2'],
    ['["hunter2",]', 'the mistake is at character 12'],
    ['{"a": tru}', 'the mistake is at character 10'],
    ['"hunter\n2"', 'the mistake is at character 8'],
    ['{\n  "a": "hunter2"\n  "b": 2\n}', 'the mistake is at line 3, character 3'],
    ['["hunter2"]]', 'the mistake is at character 12'],
    ['"at position 99" x', 'the mistake is at character 18'],
    ['["hunter2"', 'it ends too early, after 10 characters'],
    ['-', 'it ends too early, after 1 character'],
  ] as const) {
    given(t, { T_DATA: text })
    assert.throws(() => env.json('T_DATA'), { exit: 2, message: `T_DATA is not JSON: ${place}` }, text)
  }
})

test('an error that follows from a missing variable is not reported beside it', async (t) => {
  given(t, { T_LIST: undefined })
  const config = `import { env } from 'shipit-ts'\nexport default { stages: {}, application: env.json('T_LIST').name }`
  assert.match(shown(await refusal(stageOf(t, config))), /^the environment variable T_LIST is not set\nhint/)
})

test('a computed setting reports the variables that the settings it reads lack, and a var where it is read', async (t) => {
  given(t, { T_ONE: undefined, T_TWO: undefined, T_KEY: undefined })
  const config = (rest: string) => `import { env } from 'shipit-ts'
    export default { application: 'x', stages: { production: { servers: ['h'] } }, ${rest} }`
  const vars = `vars: { one: () => env('T_ONE'), two: async ({ vars }) => { await null; return vars.one + env('T_TWO') },
    key: env.secret('T_KEY'), deep: () => ({ keys: [env.secret('T_KEY')] }), plain: 'p' }`
  const stage = await stageOf(t, config(vars))
  assert.equal(stage.vars['plain'], 'p')
  assert.throws(() => stage.vars['one'] as unknown, { exit: 2, message: 'the environment variable T_ONE is not set' })
  assert.throws(() => stage.vars['two'] as unknown, { message: 'environment variables are not set: T_ONE, T_TWO' })
  for (const name of ['key', 'deep']) assert.throws(() => stage.vars[name] as unknown, { message: /T_KEY is not set$/ })
  assert.match(
    shown(await refusal(stageOf(t, config(`${vars}, deployTo: ({ vars }) => '/srv/' + vars.two`)))),
    /^environment variables are not set: T_ONE, T_TWO\n/,
  )
  assert.match(
    shown(await refusal(stageOf(t, config(`env: { KEY: env.secret('T_KEY') }`)))),
    /^the environment variable T_KEY is not set\n/,
  )
})

test("a variable is not required where --set replaces the setting that reads it, nor for a recipe's env made from it", async (t) => {
  given(t, { T_ONE: undefined })
  const config = `import { defineRecipe, env } from 'shipit-ts'
    import { z } from 'zod'
    const ruby = defineRecipe({ name: 'ruby', settings: z.object({ version: z.string() }), env: ({ settings }) => ({ RUBY: settings.version }) })
    export default { application: 'x', use: [ruby({ version: () => env('T_ONE') })], deployTo: () => env('T_ONE'),
      stages: { production: { servers: ['h'] } } }`
  assert.match(shown(await refusal(stageOf(t, config))), /^the environment variable T_ONE is not set\n/)
  const stage = await stageOf(t, config, { set: ['ruby.version=3', 'deployTo=/srv/x'] })
  assert.deepEqual(stage.env, { RUBY: '3' })
})

test('a variable that one stage needs is required only there, in a computed setting and in a stage function', async (t) => {
  given(t, { T_ONE: undefined, T_TWO: undefined })
  const config = `import { env } from 'shipit-ts'
    export default { application: 'x', stages: {
      a: { servers: ['h'] },
      b: { servers: ['h'], deployTo: () => '/srv/' + env('T_ONE'), env: () => ({ TWO: env('T_TWO') }) },
      c: () => ({ servers: [env('T_ONE')] }),
    } }`
  await stageOf(t, config, { stage: 'a' })
  assert.match(shown(await refusal(stageOf(t, config, { stage: 'b' }))), /not set: T_ONE, T_TWO/)
  assert.match(shown(await refusal(stageOf(t, config, { stage: 'c' }))), /^the environment variable T_ONE is not set/)
})

test('collecting missing variables ends with the config, even if it threw', async () => {
  await collectEnvErrors(() => Promise.reject(new Error('x'))).catch(() => undefined)
  assert.throws(() => env('T_MISSING'))
})

test('a variable in a fallback is required only where the fallback is used', async (t) => {
  const names = ['T_A', 'T_B', 'T_C']
  t.after(() => names.forEach((name) => delete process.env[name]))
  const chains: readonly (() => string)[] = [
    () => env('T_A', env('T_B')),
    () => env('T_A', env('T_B', env('T_C'))),
    () => env('T_A', () => env('T_B')),
    () => env.first('T_A', 'T_B', 'T_C'),
  ]
  process.env['T_A'] = 'a'
  for (const chain of chains) assert.equal(await collectEnvErrors(chain), 'a')
  // read elsewhere too, it is still missing
  await assert.rejects(
    collectEnvErrors(() => [env('T_A', env('T_B')), env('T_B')]),
    /T_B is not set/,
  )
  delete process.env['T_A']
  process.env['T_B'] = 'b'
  for (const chain of chains) assert.equal(await collectEnvErrors(chain), 'b')
  delete process.env['T_B']
  const told = ['T_A or T_B', 'T_A or T_B or T_C', 'T_A or T_B', 'T_A or T_B or T_C']
  for (const [i, chain] of chains.entries()) {
    const error = await collectEnvErrors(chain).then(
      () => undefined,
      (thrown: unknown) => thrown as ShipitError,
    )
    assert.equal(error?.message, `the environment variable ${told[i]} is not set`)
    assert.match(error.hint!, /: export T_A=…$/)
  }
})
