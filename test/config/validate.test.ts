import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { configProblems, stageProblems } from '../../src/config/validate.ts'
import { refusal, shown, stageOf } from './support.ts'

const base = `application: 'shop', stages: { production: { servers: ['a1'] } }`

test('all mistakes are reported at once, with file, line, path, expected and found', async (t) => {
  const text = `import { defineConfig } from 'shipit-ts'
const config = defineConfig({
  application: 'my shop',
  keepRelease: 3,
  keepReleases: '5',
  linkedDirs: ['log',
    '/tmp'],
  ssh: { hostKeys: 'accept_new' },
  stages: {
    production: {
      servers: [
        'a1',
        { host: 3, roles: ['app'] },
        { hots: 'a2' },
      ],
      hooks: { after: { 'deploy:published': [{ on: 'app' }] } },
    },
    plan: { servers: { app: ['ok', 'bad:port'] } },
  },
})
export default config
`
  assert.equal(
    shown(await refusal(stageOf(t, text))),
    `11 mistakes in deploy.config.ts
  deploy.config.ts:3  application: "my shop" may contain only a-z, A-Z, 0-9, ".", "_" and "-"
  deploy.config.ts:4  unknown setting keepRelease (did you mean "keepReleases"?)
  deploy.config.ts:5  keepReleases: expected a number, found "5"
  deploy.config.ts:7  linkedDirs[1]: expected a path inside the release, without a leading slash, found "/tmp"
  deploy.config.ts:8  ssh.hostKeys: expected "yes", "accept-new" or "no", found "accept_new" (did you mean "accept-new"?)
  deploy.config.ts:13  stages.production.servers[1].host: expected a string, found 3
  deploy.config.ts:14  stages.production.servers[2].host: is missing: expected a string
  deploy.config.ts:14  stages.production.servers[2].hots: unknown key "hots" (did you mean "host"?)
  deploy.config.ts:16  stages.production.hooks.after["deploy:published"][0]: needs one of steps, run or sequence
  deploy.config.ts:18  stages.plan: "plan" is a command of shipit: call the stage something else
  deploy.config.ts:18  stages.plan.servers.app[1]: "bad:port" is not a host: the port is not a number from 1 to 65535`,
  )
})

const wrong: readonly [string, string, string][] = [
  ['no stages', `application: 'x'`, 'stages: is missing: expected an object'],
  ['an empty stages', `application: 'x', stages: {}`, 'stages: has no stage: name one, for example production'],
  ['no application', `stages: { production: { servers: ['a1'] } }`, 'application: is missing: expected a string'],
  [
    'a stage without servers',
    `application: 'x', stages: { production: {} }`,
    'stages.production.servers: is missing: expected a list of servers, an object of role → servers, or a function',
  ],
  [
    'roles without servers',
    `application: 'x', stages: { production: { servers: { app: [] } } }`,
    'stages.production.servers: names no server',
  ],
  [
    'a role that is a selector',
    `application: 'x', stages: { production: { servers: { all: ['a1'] } } }`,
    'stages.production.servers.all: "all" is a selector, not a role',
  ],
  [
    'an undeclared role',
    `application: 'x', roles: ['app', 'web'], stages: { production: { servers: { wbe: ['a1'] } } }`,
    'stages.production.servers.wbe: role "wbe" is not one of roles: app, web (did you mean "web"?)',
  ],
  [
    'a selector with an undeclared role',
    `${base}, roles: ['app', 'web'], tasks: { x: { on: { roles: ['wbe'] }, run() {} } }`,
    'tasks.x.on.roles: role "wbe" is not one of roles: app, web (did you mean "web"?)',
  ],
  ['a relative deployTo', `${base}, deployTo: 'srv/x'`, 'deployTo: expected an absolute path (or ~/…), found "srv/x"'],
  ['a deployTo of /', `${base}, deployTo: '//'`, 'deployTo: "//" cannot be deployed to'],
  [
    'a branch that git would read as an option',
    `${base}, branch: '--upload-pack=x'`,
    'branch: "--upload-pack=x" is not the name of a branch, tag or commit',
  ],
  ['a repository that git would read as an option', `${base}, repoUrl: '-x'`, 'repoUrl: "-x" is not the address of a repository'],
  ['a linked path with ..', `${base}, linkedFiles: ['a/../b']`, 'linkedFiles[0]: "a/../b" must not contain . or ..'],
  ['a computed setting of the wrong type', `${base}, deployTo: () => 3`, 'deployTo: expected a string, found 3'],
  ['keepReleases 0', `${base}, keepReleases: 0`, 'keepReleases: expected at least 1, found 0'],
  ['a recipe that was not called', `${base}, use: [() => ({})]`, 'use[0]: expected a recipe, found a function: call it, as in bundler()'],
  [
    'a recipe without a list',
    `${base}, use: { name: 'rails', definition: { name: 'rails' }, given: {}, options: {} }`,
    'use: expected a list: write use: [rails()]',
  ],
  ['a task with two bodies', `${base}, tasks: { x: { run() {}, steps() {} } }`, 'tasks.x: has steps and run: a task has exactly one'],
  ['a task that is a function', `${base}, tasks: { x() {} }`, 'tasks.x: expected an object, found a function'],
  [
    'an unknown key of a task',
    `${base}, tasks: { x: { run() {}, descripton: '' } }`,
    'tasks.x.descripton: unknown key "descripton" (did you mean "description"?)',
  ],
  ['a secret in a setting that cannot be one', `${base}, branch: secret('hush')`, 'branch: expected a string, found a secret'],
  [
    'an environment of objects',
    `${base}, env: { A: {} }`,
    'env.A: expected a string, number, path, secret, prepend(), append() or null, found an object',
  ],
  ['an unknown ssh option', `${base}, ssh: { usr: 'x' }`, 'ssh.usr: unknown key "usr" (did you mean "user"?)'],
  ['forwardAgent: true', `${base}, ssh: { forwardAgent: true }`, 'ssh.forwardAgent: expected false or "git", found true'],
  [
    'a stage with the name of a task',
    `application: 'x', stages: { deploy: { servers: ['a1'] }, production: { servers: ['a1'] } }`,
    'stages.deploy: "deploy" is a command of shipit: call the stage something else',
  ],
  [
    'a stage with a colon',
    `application: 'x', stages: { 'a:b': { servers: ['a1'] }, production: { servers: ['a1'] } }`,
    'stages["a:b"]: "a:b" may contain only a-z, A-Z, 0-9, ".", "_" and "-"',
  ],
  [
    'a stage with a dash in front',
    `application: 'x', stages: { '-a': { servers: ['a1'] }, production: { servers: ['a1'] } }`,
    'stages.-a: "-a" must begin with a letter or a digit',
  ],
  [
    'an application with letters of another alphabet',
    `application: '本番', stages: { production: { servers: ['a1'] } }`,
    'application: "本番" may contain only a-z, A-Z, 0-9, ".", "_" and "-"',
  ],
]
for (const [what, text, path] of [
  ['a task', `${base}, tasks: { 'app:restart': sh\`uptime\` }`, 'tasks["app:restart"]'],
  ['a task, in a list', `${base}, tasks: { restart: [sh\`uptime\`, sh\`true\`] }`, 'tasks.restart'],
  ['a hook', `${base}, hooks: { after: { deploy: sh\`uptime\` } }`, 'hooks.after.deploy'],
  ['a hook, in a list', `${base}, hooks: { after: { deploy: [sh\`uptime\`] } }`, 'hooks.after.deploy[0]'],
  [
    'a task of a stage',
    `application: 'x', stages: { production: { servers: ['a1'], tasks: { restart: sh\`uptime\` } } }`,
    'stages.production.tasks.restart',
  ],
  [
    'a task of a stage that is a function',
    `application: 'x', stages: { production: () => ({ servers: ['a1'], tasks: { restart: sh\`uptime\` } }) }`,
    'stages.production.tasks.restart',
  ],
] as const) {
  test(`a command in place of ${what} is one mistake`, async (t) => {
    const error = await refusal(stageOf(t, `import { sh } from 'shipit-ts'\n\nexport default {\n${text} }`))
    assert.equal(error.message, `${path}: a command is not a task: write { steps: () => [sh\`…\`] }`)
    assert.match(error.where ?? '', /deploy\.config\.ts:4$/)
  })
}

for (const [what, text, message] of wrong) {
  test(`${what} is refused`, async (t) => {
    const error = await refusal(stageOf(t, `import { secret } from 'shipit-ts'\nvoid secret\nexport default {\n${text} }`))
    assert.equal(error.message, message)
    assert.match(error.where ?? '', /deploy\.config\.ts(:4)?$/)
  })
}

test('any value is accepted as a config or refused with readable messages', () => {
  const keys = [
    'application',
    'roles',
    'stages',
    'production',
    'servers',
    'app',
    'host',
    'tasks',
    'on',
    'hooks',
    'after',
    'use',
    'ssh',
    'env',
    'x',
  ]
  const leaf = fc.oneof(
    fc.constantFrom('a1', 'production', 3, null, () => 1),
    fc.anything(),
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      { weight: 3, arbitrary: fc.dictionary(fc.constantFrom(...keys), tie('tree')) },
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
  }))
  fc.assert(
    fc.property(tree, (value) => {
      for (const { path, message } of [...configProblems(value), ...stageProblems(value, undefined)]) {
        assert.equal(typeof message, 'string')
        assert.doesNotMatch(message, /^Invalid input|\[object/, `${path.join('.')}: ${message}`)
      }
    }),
    { numRuns: 500 },
  )
})

test('a task with steps in a YAML config is an error that says where it can be', async (t) => {
  const text = `application: shop
tasks:
  restart:
    steps: systemctl restart shop
stages: { production: { servers: [a1] } }
`
  assert.equal(
    shown(await refusal(stageOf(t, text, { file: 'deploy.config.yaml' }))),
    'tasks.restart.steps: a task with steps needs a config in TypeScript or JavaScript\nat deploy.config.yaml:4',
  )
})

test('every function that a YAML config would need, in hooks and selectors too, is an error that says where it can be', async (t) => {
  const text = `application: shop
tasks:
  one: { when: web, on: { where: web }, sequence: [deploy] }
hooks:
  before: { deploy: { steps: uptime } }
  after: { deploy: [one, { run: uptime }] }
stages: { production: { servers: [a1], hooks: { after: { deploy: { steps: [uptime] } } } } }
`
  const needs = 'needs a config in TypeScript or JavaScript'
  const { message } = await refusal(stageOf(t, text, { file: 'deploy.config.yaml' }))
  const lines = message.split('\n').slice(1)
  assert.deepEqual(
    lines.map((line) => line.replace(/^.*?\.yaml:/, '')),
    [
      `3  tasks.one.on.where: a selector with where ${needs}`,
      `3  tasks.one.when: a task with when ${needs}`,
      `5  hooks.before.deploy.steps: a task with steps ${needs}`,
      `6  hooks.after.deploy[1].run: a task with run ${needs}`,
      `7  stages.production.hooks.after.deploy.steps: a task with steps ${needs}`,
    ],
  )
})

test('a mistake in a YAML or JSON config has its line', async (t) => {
  const yaml = 'application: shop\nstages:\n  production:\n    servers:\n      app:\n        - a1\n        - host: a2\n          prot: 22\n'
  assert.equal(
    shown(await refusal(stageOf(t, yaml, { file: 'deploy.config.yaml' }))),
    'stages.production.servers.app[1].prot: unknown key "prot" (did you mean "port"?)\nat deploy.config.yaml:8',
  )
  const json = '{\n  "application": "shop",\n  "stages": {\n    "production": { "servers": ["a1"], "branch": 3 }\n  }\n}'
  assert.equal(
    shown(await refusal(stageOf(t, json, { file: 'deploy.config.json' }))),
    'stages.production.branch: expected a string, found 3\nat deploy.config.json:4',
  )
})

test('an unknown stage is refused with the nearest name and the list', async (t) => {
  const text = `export default { application: 'x', stages: { production: { servers: ['a1'] }, staging: { servers: ['a1'] } } }`
  assert.equal(
    shown(await refusal(stageOf(t, text, { stage: 'prodution' }))),
    'unknown stage "prodution" (did you mean "production"?)\nhint: the stages are production, staging',
  )
  await refusal(stageOf(t, text, { stage: '__proto__' }))
})

test('a password in proxyJump is refused and not shown', () => {
  for (const proxyJump of ['me:hunter2@gate', 'ssh://me:hunter2@gate:22', 'gate, me:hun@ter2@[::1]:22']) {
    const said = configProblems({ application: 'shop', ssh: { proxyJump }, stages: { test: { servers: ['a1'] } } })
    assert.deepEqual(said, [{ path: ['ssh', 'proxyJump'], message: 'has a password in it: use a key' }])
  }
  for (const proxyJump of ['gate', 'me@gate:22,ssh://you@[::1]:2222', 'none', '[fe80::1]:22'])
    assert.deepEqual(configProblems({ application: 'shop', ssh: { proxyJump }, stages: { test: { servers: ['a1'] } } }), [])
})
