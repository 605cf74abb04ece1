import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { place } from './support/place.ts'

const project = place()
after(() => project.remove())
const never = 'new Promise(() => {})'
const stages = (stage: string, top = '') =>
  `export default defineConfig({ application: 'shop', ssh: { transport: 'local' }, ${top} tasks: { hello: { steps: () => [] } }, stages: { test: ${stage} } })`

for (const [names, text] of [
  ['stages.test.servers', stages(`{ servers: () => ${never} }`)],
  ['stages.test.servers', stages(`{ servers: async () => { await ${never} } }`)],
  ['stages.test', stages(`async () => { await ${never}; return { servers: ['a1'] } }`)],
  ['vars.token', stages(`{ servers: ['a1'] }`, `vars: { token: () => ${never} },`)],
  // a setting that waits for it is named too
  ['vars.token', stages(`{ servers: ['a1'] }`, `vars: { url: async ({ vars }) => 'x' + vars.token, token: () => ${never} },`)],
  ['stages.test.deployTo', stages(`{ servers: ['a1'], deployTo: async () => { await ${never} } }`)],
  ['linkedDirs[1]', stages(`{ servers: ['a1'] }`, `linkedDirs: ['log', () => ${never}],`)],
  ['env', stages(`{ servers: ['a1'] }`, `env: () => ${never},`)],
  ['use[0].jobs', stages(`{ servers: ['a1'] }`, `use: [bundler({ jobs: () => ${never} })],`)],
  [
    'stages.test.settings.bundler.jobs',
    stages(`{ servers: ['a1'], settings: { bundler: { jobs: () => ${never} } } }`, 'use: [bundler()],'),
  ],
  ['an await at the top level of deploy.config.ts, or of a file that it imports', `await ${never}\n${stages(`{ servers: ['a1'] }`)}`],
  ['the default export of deploy.config.ts', `export default ${never}`],
] as const) {
  test(`a promise that never settles is an error that names it: ${names} in ${text.length} characters`, async () => {
    project.write({
      'deploy.config.ts': `import { defineConfig } from 'shipit-ts'\nimport { bundler } from 'shipit-ts/recipes'\nvoid [defineConfig, bundler]\n${text}`,
    })
    const ran = await project.shipit(['test', 'hello', '--no-log'])
    assert.deepEqual([ran.code, ran.stdout], [2, ''], ran.stderr)
    assert.ok(ran.stderr.startsWith(`shipit: ${names}`), ran.stderr)
    assert.match(ran.stderr, /never settles: its promise is pending, and nothing is left that could resolve it\n/)
  })
}

test('a slow function of the config is named while shipit waits, and then the run goes on', async () => {
  project.write({
    'deploy.config.ts': `import { defineConfig } from 'shipit-ts'
${stages(`{ servers: async () => { await new Promise((done) => setTimeout(done, 6000)); return ['a1'] } }`)}`,
  })
  const ran = await project.shipit(['test', 'plan', 'hello'])
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(ran.stderr, /^shipit: still waiting for stages\.test\.servers \(5s\)\n/)
})
