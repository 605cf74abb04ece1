import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orderTasks, tasksOf } from '../../src/tasks/order.ts'
import { createRegistry } from '../../src/tasks/registry.ts'
import { place } from '../cli/support/place.ts'
import { refusal, shown, stageOf } from './support.ts'

const head = `import { defineConfig, defineRecipe, sh } from 'shipit-ts'
const no = false as boolean
const one = defineRecipe({ name: 'one', linkedDirs: [no && 'x', 'tmp/one'], tasks: { a: { steps: () => [no && sh\`x\`, null, undefined, sh\`true\`] },
  b: { sequence: [no && 'one:a', null, 'one:a', undefined] } },
  hooks: { after: { 'deploy:published': [no && 'one:a', 'one:b'], 'deploy:updated': no && 'one:a' } } })
`

test('lists of a config and of a recipe may hold false, null and undefined, which are left out', async (t) => {
  const stage = await stageOf(
    t,
    `${head}
export default defineConfig({
  application: 'shop',
  use: [no && one({}, { name: 'two' }), one(), null, undefined],
  linkedFiles: [no && '.env', 'a', () => null, ({ stage }) => stage === 'production' && 'b'],
  linkedDirs: [null, undefined, 'log', async () => undefined],
  tasks: { all: { sequence: [no && 'one:a', 'one:b', null] }, last: { run: () => {} } },
  hooks: { before: { all: [undefined, no && 'one:a', 'last', null] }, after: { all: null, deploy: undefined } },
  stages: {
    production: { use: [no && one()], hooks: { after: { all: no && 'last' } }, linkedDirs: [no && 'x', 'log', 'tmp'],
      servers: [no && 'a0', 'a1', null, { host: 'a2', roles: ['app'] }, undefined] },
    byRole: { servers: { app: [no && 'a0', 'a1'], db: [null, no && { host: 'a2' }, { host: 'a3' }] } },
  },
})`,
  )
  assert.deepEqual(
    stage.recipes.map(({ name }) => name),
    ['one'],
  )
  assert.deepEqual([stage.linkedFiles, stage.linkedDirs], [['a', 'b'], ['log', 'tmp', 'tmp/one'].slice(0, 2)])
  assert.deepEqual(
    stage.hosts.map(({ name }) => name),
    ['a1', 'a2'],
  )
  const registry = createRegistry(stage)
  assert.deepEqual(
    tasksOf(orderTasks(registry, ['all'])).map(({ name }) => name),
    ['last', 'one:a'],
  )
  assert.deepEqual(
    [registry.after.get('deploy:published'), registry.after.get('deploy:updated') ?? []],
    [[{ task: 'one:b', owner: 'one' }], []],
  )
})

test('servers by role may hold false, null and undefined', async (t) => {
  const config = `const no = false
    export default { application: 'x', stages: { production: { servers: { app: [no && 'a0', 'a1'], db: [null, { host: 'a2' }] } } } }`
  assert.deepEqual(
    (await stageOf(t, config)).hosts.map(({ name }) => name),
    ['a1', 'a2'],
  )
})

test('a list of servers of which nothing is left is an error, and not a stage without servers', async (t) => {
  for (const servers of ['[false]', '{ app: [null] }', '() => [undefined]']) {
    const config = `export default { application: 'x', stages: { production: { servers: ${servers} } } }`
    assert.match(shown(await refusal(stageOf(t, config))), /^stages\.production\.servers: names no server/)
  }
})

test('an error about an item names its place in the config, whatever is left out before it', async (t) => {
  for (const [rest, message] of [
    ['linkedFiles: [false, null,\n""]', /^linkedFiles\[2\]: .*\nat deploy\.config\.ts:3/],
    ['linkedDirs: [false, "log", null,\n"log/"]', /^linkedDirs\[3\]: "log" is listed twice \(linkedDirs\[1\]\)\nat deploy\.config\.ts:3/],
    ['linkedDirs: [() => false,\n() => 3]', /^linkedDirs\[1\]: .*\nat deploy\.config\.ts:3/],
    ['use: [false,\nsidekiq({ procesess: 2 })]', /^sidekiq\(\) in use\[1\]: unknown setting procesess.*\nat deploy\.config\.ts:3/],
    ['tasks: { a: { sequence: [false,\n""] } }', /^tasks\.a\.sequence\[1\]: .*\nat deploy\.config\.ts:3/],
    ['hooks: { before: { deploy: [false,\n""] } }', /^hooks\.before\.deploy\[1\]: .*\nat deploy\.config\.ts:3/],
    ['linkedDirs: [0]', /^linkedDirs\[0\]: expected a string, found 0/],
  ] as const) {
    const config = `import { sidekiq } from 'shipit-ts/recipes'
export default { application: 'x', stages: { production: { servers: ['h'] } }, ${rest} }`
    assert.match(shown(await refusal(stageOf(t, config)).catch((error: Error) => assert.fail(`${rest}: ${error.message}`))), message)
  }
  const servers = `export default { application: 'x', stages: { production: { servers: [null,\n'h', false,\n'h', ''] } } }`
  assert.match(shown(await refusal(stageOf(t, servers))), /servers\[4\]/)
  const twice = servers.replace(`, ''`, '')
  assert.match(shown(await refusal(stageOf(t, twice))), /^stages\.production\.servers\[3\]: h is listed twice.*\nat deploy\.config\.ts:3/)
})

test('an empty item in YAML is an error', async (t) => {
  const yaml = `application: x\nlinkedDirs:\n  - log\n  -\nvars: { list: [a, null], more: [\n  b,\n  ] }\nstages: { production: { servers: [h] } }\n`
  assert.match(
    shown(await refusal(stageOf(t, yaml, { file: 'deploy.config.yaml' }))),
    /^the item is empty: remove it\nat deploy\.config\.yaml:4:/,
  )
})

test('a config with items that are left out works from the command line', async (t) => {
  const project = place()
  t.after(project.remove)
  project.write({
    'deploy.config.ts': `${head}
export default defineConfig({
  application: 'shop', deployTo: '${project.dir}/srv', ssh: { transport: 'local' },
  use: [no && one({}, { name: 'two' }), one()],
  tasks: { all: { sequence: [no && 'one:a', 'one:b'] }, say: { steps: () => [null, [no && sh\`false\`, sh\`echo said\`]] } },
  hooks: { after: { all: [no && 'one:a', 'say'] } },
  stages: { production: { servers: [no && 'h0', 'h1'] } },
})
`,
  })
  const { code, stdout, stderr } = await project.shipit(['production', 'all', '--no-log'])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /said/)
  const tasks = await project.shipit(['--tasks', '--all', 'one'])
  assert.match(tasks.stdout, /^one:a\s/m)
})
