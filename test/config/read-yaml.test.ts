import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { folder, refusal, shown } from './support.ts'

const database = `default: &default
  adapter: postgresql
  pool: 5
  password:

production:
  <<: *default
  database: shop
  port: 5432
`
const config = (vars: string) => `import { readYaml } from 'shipit-ts'
import { z } from 'zod'
void z
export default { application: 'shop', vars: { ${vars} }, stages: { production: { servers: ['a1'] } } }`

const stageWith = async (t: TestContext, vars: string, files: Readonly<Record<string, string>> = { 'config/database.yml': database }) => {
  const dir = folder(t, { 'deploy.config.ts': config(vars), '.git/HEAD': '', ...files })
  return await resolveStage(await loadConfig({ cwd: dir }), 'production', {})
}
const wrong = async (t: TestContext, vars: string, files?: Readonly<Record<string, string>>): Promise<string> =>
  shown(await refusal(stageWith(t, vars, files)))

test('readYaml reads a file beside the config, with anchors, merged keys and empty values', async (t) => {
  const { vars } = await stageWith(t, `db: async ({ stage }) => (await readYaml('config/database.yml'))[stage]`)
  assert.deepEqual(vars['db'], { adapter: 'postgresql', pool: 5, password: null, database: 'shop', port: 5432 })
})

test('readYaml reads JSON, and gives what the schema makes of it', async (t) => {
  const { vars } = await stageWith(t, `db: () => readYaml('db.json', z.object({ name: z.string(), pool: z.number().default(3) }))`, {
    'db.json': '{ "name": "shop" }',
  })
  assert.deepEqual(vars['db'], { name: 'shop', pool: 3 })
})

test('readYaml names what does not fit the schema, and quotes no value of the file', async (t) => {
  const said = await wrong(
    t,
    `db: () => readYaml('db.yml', z.object({ name: z.string(), host: z.object({ port: z.number() }), user: z.string() }))`,
    {
      'db.yml': 'name: 4711\nhost: { port: hunter2 }\n',
    },
  )
  assert.equal(
    said,
    'db.yml: name: expected string, received number; host.port: expected number, received string; user: is missing: expected string\nat deploy.config.ts:4',
  )
})

test('readYaml refuses a file that is missing, not valid, or has ERB, with the place', async (t) => {
  assert.match(
    await wrong(t, `db: () => readYaml('no.yml')`),
    /^there is no \S*no\.yml, which the config reads with readYaml\(\)\nat deploy\.config\.ts:4$/,
  )
  assert.match(
    await wrong(t, `db: () => readYaml('db.yml')`, { 'db.yml': 'a: 1\na: 2\n' }),
    /^not valid YAML: the key a is given twice\nat db\.yml:2$/,
  )
  assert.equal(
    await wrong(t, `db: () => readYaml('db.yml')`, { 'db.yml': 'a: 1\nb: <%= ENV["B"] %>\n' }),
    "db.yml has ERB, which only Ruby can run\nat db.yml:2\nhint: read the variable in the config: env('NAME')",
  )
})

test('readYaml refuses a number that YAML would change, as other programs read it differently', async (t) => {
  assert.equal(
    await wrong(t, `db: () => readYaml('db.yml')`, { 'db.yml': 'ruby: 3.10\nmode: 0755\n' }),
    '2 mistakes in db.yml\n  db.yml:1:7  3.10 is read as 3.1: put it in quotes, "3.10", or write 3.1\n  db.yml:2:7  0755 is read as 755: put it in quotes, "0755"',
  )
})

test('readYaml refuses a file that another account may write to', { skip: process.geteuid?.() === undefined }, async (t) => {
  const dir = folder(t, { 'deploy.config.ts': config(`db: () => readYaml('db.yml')`), '.git/HEAD': '', 'db.yml': 'a: 1\n' })
  chmodSync(join(dir, 'db.yml'), 0o666)
  const said = shown(await refusal((async () => await resolveStage(await loadConfig({ cwd: dir }), 'production', {}))()))
  assert.match(said, /db\.yml .*anyone who can change it can change what is deployed as /)
})
