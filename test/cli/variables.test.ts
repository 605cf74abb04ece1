import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { place, type Place } from './support/place.ts'

/** Commands fail only for the unset variables that they need. The host is this machine. */
const skip = needs('flock')
let project: Place
before(() => {
  if (skip) return
  project = place()
  project.write({
    'deploy.config.ts': `import { defineConfig, defineRecipe, env, sh, text, write } from 'shipit-ts'
import { z } from 'zod'
const key = env.secret('KEY')
const hook = defineRecipe({
  name: 'hook',
  settings: z.object({ url: z.string(), times: z.number().default(3), key: z.unknown().optional() }),
  facts: ({ runs, settings }) => (runs('hook:ask') ? { it: sh\`echo \${settings.url}\` } : {}),
  tasks: {
    ping: { steps: ({ settings }) => [sh\`echo \${settings.url}\`] },
    ask: { steps: () => [sh\`true\`] },
    count: { steps: ({ settings }) => [sh\`echo \${settings.times}\`] },
  },
  doctor: { facts: ({ settings }) => ({ url: sh\`echo \${settings.url}\` }), findings: () => [] },
})
export default defineConfig({
  application: 'shop',
  deployTo: '${project.dir}/srv',
  repoUrl: () => env('REPO'),
  branch: () => env('REF'),
  ssh: { transport: 'local' },
  use: [hook({ url: () => env('HOOK'), key: env.secret('HOOK_KEY') })],
  vars: { token: () => env.secret('TOKEN'), other: () => env('OTHER'), top: env.secret('TOP') },
  tasks: {
    plain: { steps: () => [sh\`echo plain >>${project.dir}/done\`] },
    two: { steps: ({ vars }) => [sh\`echo \${vars.token} \${vars.other}\`, sh\`echo\`.env({ KEY: key })] },
    file: { steps: () => [write('${project.dir}/file', text\`KEY=\${key}\`)] },
    when: { when: ({ vars }) => Boolean(vars.top), steps: () => [sh\`true\`] },
    both: { sequence: ['plain', 'file', 'when'] },
    no: { steps: ({ vars, layout }) => [layout.live ? sh\`echo \${vars.token}\` : sh\`true\`] },
    yes: { steps: ({ vars, layout }) => [layout.live ? sh\`true\` : sh\`echo \${vars.token}\`] },
    code: { run: async ({ vars, log }) => { log.info('begun'); log.info(\`it is \${vars.other}\`) } },
    sent: { run: async ({ on }) => { await on('all', (host) => host.run\`echo \${key}\`) } },
    ref: { steps: ({ deploy }) => [sh\`echo \${deploy.branch}\`] },
  },
  stages: { production: { servers: ['h1'] } },
})
`,
  })
})
after(() => project?.remove())

const run = (...args: string[]) => project.shipit(['production', ...args, '--no-log'])

test('commands that need none of the unset variables work', { skip }, async () => {
  for (const args of [['plain'], ['plan', 'plain'], ['--tasks'], ['no'], ['hook:count'], ['ref', '--branch', 'main']]) {
    const { code, stdout, stderr } = await run(...args)
    assert.equal(code, 0, `${args.join(' ')}: ${stdout}${stderr}`)
  }
  const { code, stdout } = await run('doctor')
  assert.match(stdout, /⚠ the repository was not checked: environment variables are not set: REPO, REF\n/)
  assert.match(stdout, /⚠ hook was not examined: the environment variable HOOK is not set\n +→ .*export HOOK=…/)
  assert.notEqual(code, 2)
})

test('all unset variables that the planned tasks need are in one error, before anything is connected', { skip }, async () => {
  const asked: readonly (readonly [readonly string[], string])[] = [
    [['two'], 'TOKEN, OTHER, KEY'],
    [['plan', 'two'], 'TOKEN, OTHER, KEY'],
    [['two', '--set', 'vars.token=abcd'], 'OTHER, KEY'],
    [['file'], 'KEY'],
    [['when'], 'TOP'],
    [['both'], 'TOP, KEY'],
    [['plain', 'two'], 'TOKEN, OTHER, KEY'],
    [['hook:ping'], 'HOOK'],
    [['hook:ask'], 'HOOK'],
    [['ref'], 'REF'],
    [['deploy'], 'REPO, REF'],
    [['deploy', '--branch', 'main'], 'REPO'],
  ]
  const before = existsSync(join(project.dir, 'done')) ? project.read('done') : ''
  for (const [args, names] of asked) {
    const { code, stdout, stderr } = await run(...args)
    assert.equal(code, 2, args.join(' '))
    assert.match(
      stderr,
      new RegExp(`^shipit: (the )?environment variables? (are not set: )?${names}( is not set)?\n  .*export`),
      args.join(' '),
    )
    assert.equal(stdout, '')
  }
  assert.equal(existsSync(join(project.dir, 'done')) ? project.read('done') : '', before)
  assert.ok(!existsSync(join(project.dir, 'srv')))
})

test('unset variables that the config reads at once and those that its tasks need are in one error', { skip }, async () => {
  const own = place()
  try {
    own.write({
      'deploy.config.ts': `import { defineConfig, env, sh } from 'shipit-ts'
export default defineConfig({
  application: 'shop', deployTo: '/srv/shop', ssh: { transport: 'local' },
  vars: { port: env('PORT_OF_SHOP'), host: env.first('HOST_A', 'HOST_B'), token: () => env.secret('TOKEN') },
  tasks: { say: { steps: ({ vars }) => [sh\`echo \${vars.port}\`.env({ TOKEN: vars.token })] } },
  stages: { production: { servers: ['h1'] } },
})
`,
    })
    const missing = 'environment variables are not set: PORT_OF_SHOP, HOST_A or HOST_B'
    for (const [words, names, exports] of [
      [['say'], `${missing}, TOKEN`, 'PORT_OF_SHOP=… HOST_A=… TOKEN=…'],
      [['plan', 'say'], `${missing}, TOKEN`, 'PORT_OF_SHOP=… HOST_A=… TOKEN=…'],
      [['doctor'], missing, 'PORT_OF_SHOP=… HOST_A=…'],
    ] as const) {
      const { code, stdout, stderr } = await own.shipit(['production', ...words, '--no-log'])
      assert.deepEqual([code, stdout], [2, ''])
      assert.ok(stderr.includes(`shipit: ${names}\n`), stderr)
      assert.ok(stderr.includes(`: export ${exports}\n`), stderr)
    }
  } finally {
    own.remove()
  }
})

test('the hint says how the config reads a variable and which task needs it', { skip }, async () => {
  for (const [task, hint] of [
    ['file', 'the config reads it with env.secret(), for the task file: export KEY=…'],
    ['ref', 'the config reads it with env(), for the task ref: export REF=…'],
    ['hook:ping', 'the config reads it with env(), for the task hook:ping: export HOOK=…'],
    ['hook:ask', 'the config reads it with env(), for the recipe hook: export HOOK=…'],
    ['deploy', 'the config reads REPO with env(); REF with env(), for the task deploy: export REPO=… REF=…'],
    [
      'two',
      'the config reads TOKEN with env.secret(), for the task two; OTHER with env(), for the task two; KEY with env.secret(), for the task two: export TOKEN=… OTHER=… KEY=…',
    ],
  ] as const)
    assert.equal((await run(task)).stderr.split('\n')[1], `  ${hint}`)
})

test("an unset variable that only a host's facts call for is an error before a command is sent", { skip }, async () => {
  const { code, stdout } = await run('yes')
  assert.equal(code, 2)
  assert.match(stdout, /✖ the task yes: the environment variable TOKEN is not set\n/)
  assert.match(stdout, /nothing was done/)
})

test('a code task that needs an unset variable gives a warning, and fails where it reads the variable', { skip }, async () => {
  const code = await run('code')
  assert.equal(code.code, 1)
  assert.match(
    code.stdout,
    /code is code that seems to need vars\.other, and the environment variable OTHER is not set[^]*begun[^]*✖ code: the environment variable OTHER is not set/,
  )
  const sent = await run('sent')
  assert.equal(sent.code, 1)
  assert.match(sent.stdout, /✖ sent: the environment variable KEY is not set/)
})
