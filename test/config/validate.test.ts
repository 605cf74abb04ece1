import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { configProblems, stageProblems } from '../../src/config/validate.ts'
import { refusal, shown, stageOf } from './support.ts'

const base = `application: 'shop', stages: { production: { servers: ['a1'] } }`

test('everything that is wrong is told at once, with file, line, path, what was expected and what was found', async (t) => {
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
  deploy.config.ts:3  application: "my shop" may have letters, digits, ".", "_" and "-" only
  deploy.config.ts:4  keepRelease: unknown key "keepRelease" (did you mean "keepReleases"?)
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
    'stages.production.servers: is missing: expected a list, role → list, or a function',
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
  ['a deployTo that is the root', `${base}, deployTo: '//'`, 'deployTo: "//" is not a place to deploy to'],
  [
    'a branch that git would read as an option',
    `${base}, branch: '--upload-pack=x'`,
    'branch: "--upload-pack=x" is not the name of a branch, tag or commit',
  ],
  ['a repository that git would read as an option', `${base}, repoUrl: '-x'`, 'repoUrl: "-x" is not the address of a repository'],
  ['a linked path with ..', `${base}, linkedFiles: ['a/../b']`, 'linkedFiles[0]: "a/../b" must not contain . or ..'],
  ['a late setting of the wrong type', `${base}, deployTo: () => 3`, 'deployTo: expected a string, found 3'],
  ['keepReleases 0', `${base}, keepReleases: 0`, 'keepReleases: expected at least 1, found 0'],
  ['a recipe that was not called', `${base}, use: [() => ({})]`, 'use[0]: expected a recipe, found a function: call it, as in bundler()'],
  ['a task with two bodies', `${base}, tasks: { x: { run() {}, steps() {} } }`, 'tasks.x: has steps and run: a task has exactly one'],
  ['a task that is a function', `${base}, tasks: { x() {} }`, 'tasks.x: expected an object, found a function'],
  [
    'a key that tasks do not have',
    `${base}, tasks: { x: { run() {}, descripton: '' } }`,
    'tasks.x.descripton: unknown key "descripton" (did you mean "description"?)',
  ],
  ['a secret where none may be', `${base}, branch: secret('hush')`, 'branch: expected a string, found a secret'],
  [
    'an environment of objects',
    `${base}, env: { A: {} }`,
    'env.A: expected a string, number, path, secret, prepend(), append() or null, found an object',
  ],
  ['an unknown ssh option', `${base}, ssh: { usr: 'x' }`, 'ssh.usr: unknown key "usr" (did you mean "user"?)'],
  ['forwardAgent: true', `${base}, ssh: { forwardAgent: true }`, 'ssh.forwardAgent: expected false or "git", found true'],
  [
    'a stage called like a task',
    `application: 'x', stages: { deploy: { servers: ['a1'] }, production: { servers: ['a1'] } }`,
    'stages.deploy: "deploy" is a command of shipit: call the stage something else',
  ],
  [
    'a stage with a colon',
    `application: 'x', stages: { 'a:b': { servers: ['a1'] }, production: { servers: ['a1'] } }`,
    'stages["a:b"]: "a:b" is not a name for a stage: letters, digits, "_", "-" and "." only',
  ],
]
for (const [what, text, message] of wrong) {
  test(`${what} is refused`, async (t) => {
    const error = await refusal(stageOf(t, `import { secret } from 'shipit-ts'\nvoid secret\nexport default {\n${text} }`))
    assert.equal(error.message, message)
    assert.match(error.where ?? '', /deploy\.config\.ts(:4)?$/)
  })
}

test('whatever a config is, it is read as one or refused in words', () => {
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

test('what is wrong in a YAML or JSON config has its line too', async (t) => {
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
