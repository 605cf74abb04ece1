import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, shown, stageOf } from './support.ts'

const config = (servers: string, more = '', hostVars = '') => `import { defineConfig, defineRecipe, sh } from 'shipit-ts'
import { z } from 'zod'
const hostVars = ${hostVars || `z.object({ weight: z.number().min(1), zone: z.enum(['a', 'b']).default('a'), port: z.number().optional() })`}
const queue = defineRecipe({ name: 'queue', hostVars: z.object({ threads: z.number().default(2) }), tasks: { go: { on: 'worker', steps: () => [] } } })
void [queue, sh]
export default defineConfig({
  application: 'shop',
  deployTo: '/srv/shop',
  hostVars, ${more}
  stages: {
    production: {
      servers: ${servers},
    },
  },
})
`

test('hostVars of a config gives every host its defaults, and leaves the vars of recipes to them', async (t) => {
  const { hosts } = await stageOf(
    t,
    config(
      `[{ host: 'a1', roles: ['app'], vars: { weight: 3 } }, { host: 'w1', roles: ['worker'], vars: { weight: 1, zone: 'b', threads: 5 } }]`,
      'use: [queue()],',
    ),
  )
  assert.deepEqual(
    hosts.map(({ vars }) => vars),
    [
      { weight: 3, zone: 'a' },
      { weight: 1, zone: 'b', threads: 5 },
    ],
  )
})

test('the mistakes in the vars of all hosts are reported at once, each with its line', async (t) => {
  const servers = `[
        'a1',
        {
          host: 'a2',
          vars: {
            weight: 0,
            zone: 'c',
            prot: 80,
          },
        },
        { host: 'a3', vars: { weight: 2, threads: 'many' } },
      ]`
  const { message } = await refusal(stageOf(t, config(servers, 'use: [queue()],')))
  assert.equal(
    shown({ message } as never),
    `5 mistakes in deploy.config.ts
  deploy.config.ts:13  stages.production.servers[0]: a1: vars.weight is missing: expected a number
  deploy.config.ts:17  stages.production.servers[1].vars.weight: expected at least 1, found 0, on a2
  deploy.config.ts:18  stages.production.servers[1].vars.zone: expected "a" or "b", found "c" (did you mean "a"?), on a2
  deploy.config.ts:19  stages.production.servers[1].vars.prot: hostVars does not declare "prot" (did you mean "port"?), on a2
  deploy.config.ts:22  stages.production.servers[2].vars.threads: expected a number, found "many", on a3 (for queue)`,
  )
})

test('the entry that has the var is the place of its mistake, where servers are listed by role', async (t) => {
  const servers = `{
        app: ['a1'],
        db: [
          { host: 'a1', vars: { weight: 'x' } },
        ],
      }`
  assert.equal(
    shown(await refusal(stageOf(t, config(servers)))),
    `stages.production.servers.db[0].vars.weight: expected a number, found "x", on a1\nat deploy.config.ts:15`,
  )
})

test('servers that a function returns are checked, too', async (t) => {
  assert.equal(
    shown(await refusal(stageOf(t, config(`async () => ['a1']`)))),
    `stages.production.servers[0]: a1: vars.weight is missing: expected a number\nat deploy.config.ts:12`,
  )
})

test('a var that nothing declares is a mistake, unless the schema is open', async (t) => {
  const servers = `[{ host: 'a1', vars: { colour: 'red' } }]`
  const of = (schema: string, more = '') => stageOf(t, config(servers, more, schema))
  assert.match(
    shown(await refusal(of(`z.object({ zone: z.string().default('a') })`))),
    /servers\[0\]\.vars\.colour: hostVars does not declare "colour": it has zone, on a1/,
  )
  assert.match(shown(await refusal(of(`z.strictObject({})`))), /hostVars does not declare "colour", on a1/)
  for (const schema of [`z.looseObject({})`, `z.object({}).catchall(z.string())`, `z.object({ colour: z.string() })`])
    assert.deepEqual((await of(schema)).hosts[0]!.vars, { colour: 'red' })
  assert.match(shown(await refusal(of(`z.object({}).catchall(z.number())`))), /servers\[0\]\.vars\.colour: expected a number/)
})

test('a strict schema is about its own vars, and a host may have those of recipes', async (t) => {
  const servers = `[{ host: 'w1', roles: ['worker'], vars: { zone: 'a', threads: 3 } }]`
  const { hosts } = await stageOf(t, config(servers, 'use: [queue()],', 'z.strictObject({ zone: z.string() })'))
  assert.deepEqual(hosts[0]!.vars, { zone: 'a', threads: 3 })
})

test('--set changes a var that only hostVars defines, by its type', async (t) => {
  const text = config(`[{ host: 'a1', vars: { weight: 3 } }]`)
  const { hosts } = await stageOf(t, text, { set: ['vars.port=8080', 'vars.zone=b'] })
  assert.deepEqual(hosts[0]!.vars, { weight: 3, zone: 'b', port: 8080 })
  assert.match(shown(await refusal(stageOf(t, text, { set: ['vars.zone=c'] }))), /expected "a" or "b", found "c"/)
})

test('hostVars that is not a zod object is a mistake', async (t) => {
  assert.match(
    shown(await refusal(stageOf(t, config(`['a1']`, '', '{ weight: 3 } as never')))),
    /hostVars: must be a zod object, z\.object\(\{ … \}\), which only a config in code can have/,
  )
})

test('a stage without servers needs no vars', async (t) => {
  assert.deepEqual((await stageOf(t, config('[]'))).hosts, [])
})
