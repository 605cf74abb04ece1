import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { parseSetArgument } from '../../src/config/set-argument.ts'
import { refusal, shown, stageOf } from './support.ts'

const servers = `servers: [
  { host: 'deploy@n1:2201', roles: ['app'], vars: { weight: 1, db: { port: 1, 'a.b': 1 } }, ssh: { keys: ['one'], hostKeys: 'no', proxyJump: 'gate' } },
  { host: 'n2', user: 'deploy', port: 2202, roles: ['worker'] },
  'deploy@n3',
]`
const config = (top: string, stage = servers, head = '') =>
  `import { defineRecipe, env, path, prepend, secret } from 'shipit-ts'\nimport { z } from 'zod'\nvoid [env, path, prepend, secret, defineRecipe, z]\n${head}
export default { application: 'shop', ${top}
  stages: { production: { ${stage} } } }`

test('--set ssh.… wins over the stage, the server entry and the host string', async (t) => {
  const { hosts } = await stageOf(t, config(`ssh: { user: 'other', keys: ['two'] },`), {
    set: ['ssh.user=root', 'ssh.keys=three', 'ssh.hostKeys=accept-new', 'ssh.proxyJump=none'],
  })
  assert.deepEqual(
    hosts.map((host) => [host.name, host.user, host.ssh.user, host.ssh.keys, host.ssh.hostKeys, host.ssh.proxyJump]),
    ['n1:2201', 'n2:2202', 'n3'].map((name) => [name, 'root', 'root', ['three'], 'accept-new', 'none']),
  )
})

test("--set ssh.port wins over a port in the host string, and the host's name shows the new port", async (t) => {
  const { hosts } = await stageOf(t, config(''), { set: ['ssh.port=22'] })
  assert.deepEqual(
    hosts.map((host) => [host.name, host.port]),
    [
      ['n1:22', 22],
      ['n2:22', 22],
      ['n3', 22],
    ],
  )
  const one = stageOf(t, config('', `servers: { app: ['a1:2201', 'a1:2202'] }`), { set: ['ssh.port=22'] })
  assert.match(shown(await refusal(one)), /with --set ssh\.port=22, a1:2201 and a1:2202 are the same host/)
})

test('--set wins over the servers that a function returns', async (t) => {
  const { hosts } = await stageOf(t, config('', `servers: async () => [{ host: 'deploy@n1', ssh: { port: 2 }, vars: { a: 1 } }]`), {
    set: ['ssh.user=root', 'ssh.port=3', 'vars.a=2'],
  })
  assert.deepEqual([hosts[0]!.user, hosts[0]!.port, hosts[0]!.vars], ['root', 3, { a: 2 }])
})

test('--set vars.… changes the vars of the stage and of each host that has them', async (t) => {
  const stage = await stageOf(t, config(`vars: { weight: 9, db: { port: 5, name: 'x' }, 'app.example.com': 'old', off: null },`), {
    set: ['vars.weight=7', 'vars.db.port=8', 'vars.db["a.b"]=2', 'vars["app.example.com"]=new', 'vars.off=on'],
  })
  assert.deepEqual(stage.vars, { weight: 7, db: { port: 8, name: 'x', 'a.b': '2' }, 'app.example.com': 'new', off: 'on' })
  assert.deepEqual(stage.hosts[0]!.vars, { weight: 7, db: { port: 8, 'a.b': 2 } })
  assert.deepEqual(stage.hosts[1]!.vars, {})
})

test("--set vars.… changes a host's var that only a recipe's schema defines", async (t) => {
  const head = `const queue = defineRecipe({ name: 'queue', hostVars: z.object({ threads: z.number().default(2) }), tasks: { go: { on: 'worker', steps: () => [] } } })`
  const { hosts } = await stageOf(t, config('use: [queue()],', servers, head), { set: ['vars.threads=5'] })
  assert.deepEqual([hosts[0]!.vars['threads'], hosts[1]!.vars], [undefined, { threads: 5 }])
})

test('--set of an unknown var is an error with the nearest name', async (t) => {
  assert.equal(
    shown(await refusal(stageOf(t, config(`vars: { port: 1 },`), { set: ['vars.prot=2'] }))),
    `--set vars.prot: unknown var (did you mean "port"?): add it to the config first, as in vars: { prot: null }\nat deploy.config.ts`,
  )
})

test("--set of a var is refused where the text does not have the var's type", async (t) => {
  const vars = `vars: { port: 80, on: true, ports: [80, 443], names: ['a'], db: { port: 1, 'a b': false }, any: null },`
  const rows = [
    ['vars.port=x', '--set vars.port: expected a number, found "x": as in --set vars.port=80'],
    ['vars.port=', '--set vars.port: expected a number, found "": as in --set vars.port=80'],
    ['vars.port=null', '--set vars.port: expected a number, found "null": as in --set vars.port=80'],
    ['vars.on=maybe', '--set vars.on: expected true or false, found "maybe": as in --set vars.on=false'],
    ['vars.ports=80,x', '--set vars.ports: expected a list of which each item is a number, found "80,x": as in --set vars.ports=80,443'],
    ['vars.names=["a"', `--set vars.names: expected a list in JSON, found "[\\"a\\"": as in --set 'vars.names=["one"]'`],
    ['vars.names={"a":1}', `--set vars.names: expected a list, found "{\\"a\\":1}": as in --set vars.names=one,two`],
    ['vars.db=x', `--set vars.db: expected an object in JSON, found "x": as in --set 'vars.db={"port":"value"}'`],
    ['vars.db["a b"]=x', `--set vars.db["a b"]: expected true or false, found "x": as in --set 'vars.db["a b"]=true'`],
    // only a host has it
    ['vars.weight=heavy', '--set vars.weight: expected a number, found "heavy": as in --set vars.weight=1'],
  ] as const
  for (const [set, wanted] of rows)
    assert.equal(shown(await refusal(stageOf(t, config(vars), { set: [set] }))), `${wanted}\nat deploy.config.ts`)
})

test('--set of a var reads numbers, booleans, lists and objects with the type of the value it replaces', async (t) => {
  const stage = await stageOf(t, config(`vars: { ports: [80], names: ['a'], on: false, db: { port: 1 }, key: secret('old') },`), {
    set: ['vars.ports=81,82', 'vars.names=1,b', 'vars.on=yes', 'vars.db={"port":2}', 'vars.key=7'],
  })
  const { key, ...rest } = stage.vars
  assert.deepEqual(rest, { ports: [81, 82], names: ['1', 'b'], on: true, db: { port: 2 } })
  assert.throws(() => String(key))
})

test("a recipe's schema decides how --set reads a host's var", async (t) => {
  const head = `const queue = defineRecipe({ name: 'queue', hostVars: z.object({ threads: z.union([z.number(), z.literal('auto')]) }), tasks: { go: { on: 'all', steps: () => [] } } })`
  const all = `servers: [{ host: 'deploy@n1', vars: { threads: 2 } }]`
  const { hosts } = await stageOf(t, config('use: [queue()],', all, head), { set: ['vars.threads=auto'] })
  assert.deepEqual(hosts[0]!.vars, { threads: 'auto' })
  assert.match(shown(await refusal(stageOf(t, config('use: [queue()],', all, head), { set: ['vars.threads=x'] }))), /threads.*x/)
})

test('--set of an ssh option that no host uses is an error', async (t) => {
  const local = await refusal(stageOf(t, config(`ssh: { transport: 'local' },`), { set: ['ssh.user=root'] }))
  assert.match(shown(local), /^--set ssh\.user: changes nothing: ssh\.transport is 'local'/)
  const none = await refusal(stageOf(t, config('', 'servers: []'), { set: ['ssh.user=root', 'ssh.transport=local'] }))
  assert.match(shown(none), /--set ssh\.user: changes nothing: production has no servers/)
  assert.match(shown(none), /--set ssh\.transport: changes nothing/)
  const both = await stageOf(t, config(`ssh: { transport: 'local' },`), { set: ['ssh.transport=ssh2', 'ssh.user=root'] })
  assert.ok(both.hosts.every((host) => host.user === 'root' && host.ssh.transport === 'ssh2'))
})

const queue = `const queue = defineRecipe({ name: 'queue', settings: z.object({
  redis: z.union([z.string(), z.strictObject({ url: z.string().min(1), db: z.number().int().nullable().default(null), tags: z.array(z.string()).optional() })]).default('none'),
  limits: z.record(z.string(), z.number()).default({ a: 1 }),
  unit: z.strictObject({ description: z.string().default('x'), user: z.string().nullable().optional() }).prefault({}),
  names: z.array(z.string()).default([]),
  on: z.boolean().nullable().default(null),
  size: z.union([z.number().int().min(1), z.templateLiteral([z.number(), '%'])]).nullable().default(null),
}) })`
const queueOf = async (t: TestContext, given: string, ...set: string[]) =>
  (await stageOf(t, config(`use: [queue(${given})],`, servers, queue), { set })).recipes[0]!.settings

test('--set reaches nested settings: objects, records, lists, null', async (t) => {
  assert.deepEqual(
    await queueOf(
      t,
      `{ redis: { url: 'redis://a', db: 3 }, names: ['a', 'b'], on: true }`,
      'queue.redis.url=redis://b',
      'queue.redis.tags=x,y',
      'queue.limits.c=4',
      'queue.limits["d.e"]=5',
      'queue.unit.user=app',
      'queue.names[1]=z',
      'queue.on=null',
      'queue.size=25%',
    ),
    {
      redis: { url: 'redis://b', db: 3, tags: ['x', 'y'] },
      limits: { a: 1, c: 4, 'd.e': 5 },
      unit: { description: 'x', user: 'app' },
      names: ['a', 'z'],
      on: null,
      size: '25%',
    },
  )
})

test('--set of a nested key applies after its setting is computed, and --set of the whole setting skips the function', async (t) => {
  const late = `{ redis: async () => ({ url: 'redis://a', db: 3 }) }`
  assert.deepEqual((await queueOf(t, late, 'queue.redis.db=4'))['redis'], { url: 'redis://a', db: 4 })
  assert.deepEqual(
    (await queueOf(t, `{ redis: () => { throw new Error('no') } }`, 'queue.redis={"url":"r","db":1}', 'queue.redis.db=null'))['redis'],
    {
      url: 'r',
      db: null,
    },
  )
})

test('--set of a key in a value that is missing or not an object is an error', async (t) => {
  assert.match(
    shown(await refusal(queueOf(t, `{ redis: 'redis://a' }`, 'queue.redis.url=x'))),
    /^--set queue\.redis\.url=x: queue\.redis is not an object\n.*hint: set it as a whole: --set queue\.redis=/s,
  )
  assert.match(shown(await refusal(queueOf(t, `{ names: [] }`, 'queue.names[2]=x'))), /queue\.names has 0/)
  assert.match(
    shown(await refusal(queueOf(t, '', 'queue.redis.ulr=x'))),
    /unknown setting "queue\.redis\.ulr" \(did you mean "queue\.redis\.url"\?\)/,
  )
  assert.match(shown(await refusal(queueOf(t, '', 'linkedDirs[0]=x'))), /set it as a whole: --set linkedDirs=/)
})

test("a recipe's env wins over the config's env where --set changed the setting it comes from", async (t) => {
  const head = `const rb = defineRecipe({ name: 'rb', settings: z.object({ env: z.string().default('x'), root: z.string().default('/r') }),
    env: ({ settings: s }) => ({ RAILS_ENV: s.env, ROOT: path(s.root), PATH: prepend(s.root) }) })`
  const text = config(`env: { RAILS_ENV: 'config', ROOT: '/config' }, use: [rb()],`, `${servers}, env: { RAILS_ENV: 'stage' }`, head)
  const shownEnv = async (...set: string[]) => {
    const { RAILS_ENV, ROOT } = (await stageOf(t, text, { set })).env
    return [RAILS_ENV, String(ROOT)]
  }
  assert.deepEqual(await shownEnv(), ['stage', '/config'])
  assert.deepEqual(await shownEnv('rb.env=flag'), ['flag', '/config'])
  assert.deepEqual(await shownEnv('rb.env=flag', 'rb.root=/flag'), ['flag', '/flag'])
  assert.deepEqual(await shownEnv('rb.env=flag', 'env.RAILS_ENV=last'), ['last', '/config'])
})

test('--set env.NAME=null removes the variable', async (t) => {
  const { env } = await stageOf(t, config(`env: { A: 'a', B: 'b' },`), { set: ['env.A=null', 'env.B='] })
  assert.deepEqual(env, { A: null, B: '' })
})

test('--set reads keys as errors write them', () => {
  const keys: readonly (readonly [string, readonly (string | number)[] | undefined])[] = [
    ['a=1', ['a']],
    ['a.b=1=2', ['a', 'b']],
    ['a[0].b=x', ['a', 0, 'b']],
    ['a["b.c=d"].e=x', ['a', 'b.c=d', 'e']],
    ['a.b-c_d:e=', ['a', 'b-c_d:e']],
    ['=x', undefined],
    ['a', undefined],
    ['a.=x', undefined],
    ['.a=x', undefined],
    ['a..b=x', undefined],
    ['a["b=x', undefined],
    ['a[b]=x', undefined],
  ]
  for (const [typed, path] of keys) assert.deepEqual(parseSetArgument(typed)?.path, path, typed)
})
