import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import type { TestContext } from 'node:test'
import { answerWith } from '../../src/config/answers.ts'
import { loadConfig } from '../../src/config/load.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { staticProblems } from '../../src/config/static-checks.ts'
import { isSecret, reveal } from '../../src/values/secret.ts'
import { folder, refusal, shown, stageOf } from './support.ts'

afterEach(() => answerWith('stand-ins'))

const SCHEMA = `z.object({
  port: z.number().min(1),
  zone: z.enum(['a', 'b']).default('a'),
  ips: z.string().default('x,y').transform((text) => text.split(',')),
  note: z.string().optional(),
})`
const config = (
  vars: string,
  inStage = '',
  { schema = SCHEMA, more = '', servers = `['a1']` } = {},
) => `import { ask, defineConfig, defineRecipe, env, secret } from 'shipit-ts'
import { z } from 'zod'
import { secretSchema } from 'shipit-ts/kit'
const made = []
const queue = defineRecipe({ name: 'queue', settings: z.object({ size: z.number(), name: z.string().default('q') }) })
void [ask, env, secret, secretSchema, queue, made]
export default defineConfig({
  application: 'shop',
  stageVars: ${schema.replaceAll('\n', ' ')},
  vars: ${vars}, ${more}
  stages: {
    production: {
      servers: ${servers},
      ${inStage}
    },
  },
} as never)
`

/** The stage, with the mistakes that are found without computing anything. */
const loaded = async (t: TestContext, text: string) => {
  const cwd = folder(t, { 'deploy.config.ts': text, '.git/HEAD': '' })
  return await resolveStage(await loadConfig({ cwd, inspect: staticProblems }), 'production')
}

test('stageVars fills in the defaults and gives tasks what its transforms make', async (t) => {
  const { vars } = await stageOf(t, config(`{ port: 80 }`, `vars: { zone: 'b', note: undefined },`))
  assert.deepEqual(vars, { port: 80, zone: 'b', ips: ['x', 'y'] })
  assert.ok(Object.isFrozen(vars))
})

test('late settings, late vars, servers and settings of recipes get the same values as tasks', async (t) => {
  const more = `deployTo: ({ vars }) => '/srv/' + vars.zone + '/' + vars.ips.at(-1),
  use: [queue({ size: ({ vars }) => vars.port + 1 })],`
  const stage = await stageOf(
    t,
    config(`{ port: async ({ vars }) => vars.ips.length + 78, note: ({ vars }) => String(vars.port) }`, '', {
      more,
      servers: `({ vars }) => vars.ips.map((ip) => ip + '1')`,
    }),
  )
  assert.equal(stage.deployTo, '/srv/a/y')
  assert.deepEqual([stage.vars['port'], stage.vars['note'], stage.recipes[0]!.settings['size']], [80, '80', 81])
  assert.deepEqual(
    stage.hosts.map(({ name }) => name),
    ['x1', 'y1'],
  )
})

test('a default that a function makes is made once, for late settings and tasks alike', async (t) => {
  const schema = `z.object({ id: z.string().default(() => (made.push(1), 'id' + made.length)) })`
  const { deployTo, vars } = await stageOf(t, config('{}', '', { schema, more: `deployTo: ({ vars }) => '/srv/' + vars.id,` }))
  assert.equal(deployTo, `/srv/${vars['id']}`)
})

test('all mistakes in the vars of a stage are reported at once, each with its line', async (t) => {
  const text = config(
    `{
    zone: 'c',
    prot: 80,
  }`,
    `vars: {
        ips: 5,
        note: () => 7,
      },
      keepReleases: 0,`,
    {
      more: `deployTo: ({ vars }) => '/srv/' + vars.port.toFixed(), branch: async ({ vars }) => vars.zone, use: [queue({ size: ({ vars }) => vars.port })],`,
    },
  )
  assert.equal(
    shown({ message: (await refusal(stageOf(t, text.replace('keepReleases: 0,', 'deployTo: () => "x",')))).message } as never),
    `6 mistakes in deploy.config.ts
  deploy.config.ts:11  vars.zone: expected "a" or "b", found "c" (did you mean "a"?)
  deploy.config.ts:12  vars.prot: stageVars does not declare "prot" (did you mean "port"?)
  deploy.config.ts:15  stages.production: vars.port is missing: expected a number
  deploy.config.ts:18  stages.production.vars.ips: expected a string, found 5
  deploy.config.ts:19  stages.production.vars.note: expected a string, found 7
  deploy.config.ts:21  stages.production.deployTo: expected an absolute path (or ~/…), found "x"`,
  )
})

test('a setting that reads a wrong var is not reported beside it', async (t) => {
  const wanted = /^vars\.port: expected a number, found "80"\nat deploy\.config\.ts:10$/
  const of = (more: string, servers = `['a1']`) =>
    stageOf(t, config(`{ port: '80', note: ({ vars }) => vars.port.toFixed() }`, '', { more, servers }))
  for (const more of [
    `deployTo: ({ vars }) => '/srv/' + vars.port.toFixed(),`,
    `branch: async ({ vars }) => vars.port.toFixed(),`,
    `repoUrl: ({ vars }) => vars.port.toFixed(),`,
    `env: ({ vars }) => ({ PORT: vars.port.toFixed() }),`,
    `linkedDirs: [({ vars }) => vars.port.toFixed()],`,
    `linkedFiles: [{ path: 'a', from: ({ vars }) => vars.port.toFixed() }],`,
    `use: [queue({ size: ({ vars }) => vars.port.toFixed() })],`,
    `use: [queue({ size: 1, name: ({ vars }) => vars.note })],`,
  ])
    assert.match(shown(await refusal(of(more))), wanted, more)
  for (const servers of [`({ vars }) => [vars.port.toFixed()]`, `async ({ vars }) => [vars.port.toFixed()]`])
    assert.match(shown(await refusal(of('', servers))), wanted, servers)
})

test('an error that the code of the config throws is reported with the mistakes in the vars', async (t) => {
  const text = config(`{ port: '80' }`, '', { more: `deployTo: () => { throw new Error('offline') },` })
  assert.match(shown(await refusal(stageOf(t, text))), /^2 mistakes [^]*deployTo: offline[^]*vars\.port: expected a number/)
})

test('a missing var is an error that names the stage, also where the stage is a function', async (t) => {
  const wanted = 'stages.production: vars.port is missing: expected a number\nat deploy.config.ts:12'
  assert.equal(shown(await refusal(stageOf(t, config('{}')))), wanted)
  const late = config('{}')
    .replace('production: {', 'production: async () => ({')
    .replace(/\},\n {2}\},\n\} as/, '}),\n  },\n} as')
  assert.equal(shown(await refusal(stageOf(t, late))), wanted)
  const token = config('{}', '', { schema: 'z.object({ token: secretSchema() })' })
  assert.match(shown(await refusal(stageOf(t, token))), /^stages\.production: vars\.token is missing: expected text or a secret\n/)
})

test('a stage that lacks a var does not stop the others, and a wrong value does', async (t) => {
  const two = (vars: string) =>
    config('{}', 'vars: { port: 80 },').replace('stages: {', `stages: { staging: { servers: ['b1'], vars: ${vars} },`)
  const of = (vars: string) => loaded(t, two(vars))
  assert.equal((await of('{}')).vars['port'], 80)
  assert.match(
    shown(await refusal(of(`{ port: 'x', zoen: 'a' }`))),
    /^2 mistakes [^]*stages\.staging\.vars\.zoen: stageVars does not declare "zoen" \(did you mean "zone"\?\)[^]*stages\.staging\.vars\.port: expected a number, found "x"/,
  )
})

test('a value that replaces a secret is checked as one, in every stage', async (t) => {
  const schema = `z.object({ token: z.custom((value) => typeof value === 'object' && '__secret' in value, 'must be a secret') })`
  const text = config(`{ token: secret('one') }`, `vars: { token: 'two' },`, { schema })
  const { vars } = await loaded(t, text)
  assert.equal(reveal(vars['token'] as never), 'two')
})

test('an open schema takes other vars, and checks them by its catchall', async (t) => {
  const of = (schema: string) => stageOf(t, config(`{ colour: 'red' }`, '', { schema }))
  for (const schema of ['z.looseObject({})', 'z.object({}).catchall(z.string())', 'z.object({ colour: z.string() })'])
    assert.deepEqual((await of(schema)).vars, { colour: 'red' })
  assert.match(shown(await refusal(of('z.object({}).catchall(z.number())'))), /^vars\.colour: expected a number, found "red"/)
  assert.match(shown(await refusal(of('z.strictObject({})'))), /^vars\.colour: stageVars does not declare "colour"\n/)
  assert.match(shown(await refusal(of('z.object({ size: z.number().default(1) })'))), /does not declare "colour": it has size/)
})

test('checks across several vars run once all of them are known and right', async (t) => {
  const schema = `z.object({ low: z.coerce.number(), high: z.number().default(9), top: z.string().default('t') })
    .refine(({ low, high }) => low < high, { path: ['low'], error: 'must be below high' })
    .refine(({ low }) => low !== 5, 'five is no number of ours')`
  const of = (vars: string) => stageOf(t, config(vars, '', { schema }))
  assert.deepEqual((await of(`{ low: '3' }`)).vars, { low: 3, high: 9, top: 't' })
  assert.equal(shown(await refusal(of('{ low: 10 }'))), 'vars.low: must be below high\nat deploy.config.ts:10')
  assert.match(shown(await refusal(of('{ low: 5 }'))), /^stages\.production: vars: five is no number of ours/)
  assert.match(shown(await refusal(of(`{ low: 10, high: 'x' }`))), /^vars\.high: expected a number, found "x"\n/)
})

test('--set reads a declared var by its schema, also one that no layer gives', async (t) => {
  const schema = `z.object({ port: z.number().optional(), on: z.boolean().default(false), ips: z.string().transform((s) => s.split(',')).optional(),
    size: z.coerce.number().default(1), db: z.object({ host: z.string(), port: z.number() }).default({ host: 'h', port: 1 }) })`
  const text = config('{}', '', { schema })
  const { vars } = await stageOf(t, text, { set: ['vars.port=80', 'vars.on=yes', 'vars.ips=1,2', 'vars.size=7', 'vars.db.port=5'] })
  assert.deepEqual(vars, { port: 80, on: true, ips: ['1', '2'], size: 7, db: { host: 'h', port: 5 } })
  const rows = [
    ['vars.port=x', /^--set vars\.port: expected a number, found "x"/],
    ['vars.prot=1', /^--set vars\.prot: unknown var \(did you mean "port"\?\): add it to stageVars/],
    ['vars.db.prot=1', /^--set vars\.db\.prot: unknown key \(did you mean "port"\?\)/],
    ['vars.db.port=x', /vars\.db\.port: expected a number, found "x"/],
  ] as const
  for (const [set, wanted] of rows) assert.match(shown(await refusal(stageOf(t, text, { set: [set] }))), wanted, set)
})

test('--set gives a var that the stage lacks, and its value replaces a late one that fails', async (t) => {
  assert.equal((await stageOf(t, config('{}'), { set: ['vars.port=80'] })).vars['port'], 80)
  const text = config(`{ port: () => { throw new Error('offline') } }`)
  assert.equal((await stageOf(t, text, { set: ['vars.port=80'] })).vars['port'], 80)
})

test('--set changes a var of hosts and a var of the stage by the schema of each', async (t) => {
  const text = config(`{ port: 80 }`, '', {
    more: 'hostVars: z.object({ port: z.string(), weight: z.number().default(1) }),',
    servers: `[{ host: 'a1', vars: { port: 'x' } }]`,
  })
  const { vars, hosts } = await stageOf(t, text, { set: ['vars.port=81', 'vars.weight=3'] })
  assert.deepEqual([vars['port'], hosts[0]!.vars], [81, { port: '81', weight: 3 }])
})

test('secretSchema() in stageVars makes a secret of a text, of the config and of --set', async (t) => {
  const schema = `z.object({ token: secretSchema() })`
  for (const [vars, set, wanted] of [
    [`{ token: 'of the config' }`, [], 'of the config'],
    [`{ token: secret('wrapped') }`, [], 'wrapped'],
    [`{ token: () => 'late' }`, [], 'late'],
    [`{ token: 'old' }`, ['vars.token=typed'], 'typed'],
    [`{}`, ['vars.token=alone'], 'alone'],
  ] as const) {
    const token: unknown = (await stageOf(t, config(vars, '', { schema }), { set: [...set] })).vars['token']
    assert.ok(isSecret(token))
    assert.equal(reveal(token), wanted)
  }
})

test('a var whose variable or answer is missing is an error of what reads it, and the other vars are still checked', async (t) => {
  const schema = `z.object({ token: secretSchema(), name: z.string(), zone: z.enum(['a', 'b']), port: z.number() }).refine(() => false, 'never asked')`
  const of = (port: string) =>
    stageOf(
      t,
      config(
        `{ token: env.secret('T_UNSET'), name: () => env('T_UNSET_NAME'), zone: ask('zone', { choices: ['a', 'b'] }), port: ${port} }`,
        '',
        { schema },
      ),
    )
  answerWith('defaults')
  const { vars } = await of('80')
  assert.equal(vars['port'], 80)
  assert.throws(() => vars['token'] as unknown, /the environment variable T_UNSET is not set/)
  assert.throws(() => vars['name'] as unknown, /the environment variable T_UNSET_NAME is not set/)
  assert.throws(() => vars['zone'] as unknown, /there is no answer for: zone/)
  assert.match(shown(await refusal(of(`'x'`))), /^vars\.port: expected a number, found "x"\n/)
})

test('a variable that a default reads is missing only where the default is needed', async (t) => {
  const schema = `z.object({ port: z.string().transform(Number).pipe(z.number().min(1)).prefault(() => env('T_UNSET')), name: z.string().default(() => env('T_UNSET')) })`
  const { vars } = await stageOf(t, config('{}', '', { schema }))
  for (const key of ['port', 'name']) assert.throws(() => vars[key] as unknown, /the environment variable T_UNSET is not set/)
  assert.deepEqual((await stageOf(t, config(`{ port: '80', name: 'x' }`, '', { schema }))).vars, { port: 80, name: 'x' })
})

test('a schema whose code throws is an error of the var, with its place', async (t) => {
  const schema = `z.object({ port: z.number().transform(() => { throw new Error('broken') }) })`
  assert.match(shown(await refusal(stageOf(t, config('{ port: 1 }', '', { schema })))), /^vars\.port: broken\nat deploy\.config\.ts:9/)
  const together = `z.object({ port: z.number() }).refine(() => { throw new Error('broken') })`
  const error = await refusal(loaded(t, config('{ port: 1 }', '', { schema: together })))
  assert.match(shown(error), /^stageVars: broken\nat deploy\.config\.ts:9/)
})

test('stageVars that is not a zod object is a mistake, in code and in data', async (t) => {
  const message = /^stageVars: must be a zod object, z\.object\(\{ … \}\), which only a config in code can have/
  assert.match(shown(await refusal(stageOf(t, config('{}', '', { schema: '{ port: 1 }' })))), message)
  const yaml = `application: shop\nstageVars: { port: number }\nstages: { production: { servers: [a1] } }\n`
  assert.match(shown(await refusal(stageOf(t, yaml, { file: 'deploy.config.yaml' }))), message)
})

test('stageVars in a stage is refused with the place where it belongs', async (t) => {
  const text = config('{ port: 1 }', 'stageVars: z.object({}),')
  assert.match(shown(await refusal(stageOf(t, text))), /unknown setting stageVars: write it at the top level of the config/)
})

test('a value that stands in for an answer is not checked', async (t) => {
  const schema = `z.object({ size: z.coerce.number(), url: z.string().regex(/^[a-z:/]+$/).optional() }).refine(() => false, 'never asked')`
  const of = (vars: string) => stageOf(t, config(vars, '', { schema }))
  assert.deepEqual((await of(`{ size: ask('size'), url: ({ vars }) => 'http://' + vars.size }`)).vars, {
    size: '(asked for: size)',
    url: 'http://(asked for: size)',
  })
  const list = `z.object({ list: z.array(z.number()), size: z.string() })`
  assert.deepEqual(
    (await stageOf(t, config(`{ size: ask('size'), list: ({ vars }) => [vars.size] }`, '', { schema: list }))).vars['list'],
    ['(asked for: size)'],
  )
  answerWith('defaults', new Map([['size', 'x']]))
  assert.match(shown(await refusal(of(`{ size: ask('size') }`))), /^vars\.size: expected a number, found "x"/)
})
