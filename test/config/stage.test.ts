import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { createRedactor } from '../../src/redact/redact.ts'
import type { Path } from '../../src/values/path.ts'
import { isSecret, reveal } from '../../src/values/secret.ts'
import { refusal, shown, stageOf } from './support.ts'

const config = (top: string, stage = '', head = '') =>
  `import { defineRecipe, env, path, prepend, secret } from 'shipit-ts'\nimport { z } from 'zod'\nvoid [env, path, prepend, secret, defineRecipe, z]\n${head}
export default { application: 'shop', ${top}
  stages: { production: { servers: ['a1'], ${stage} }, other: { servers: ['b1'] } } }`

test('settings that nothing sets have their defaults', async (t) => {
  const { hosts, file, shipit, ...stage } = await stageOf(t, config(''))
  assert.equal(shipit('deploy'), 'shipit production deploy')
  assert.match(file, /\/deploy\.config\.ts$/)
  assert.equal(hosts.length, 1)
  assert.deepEqual(stage, {
    name: 'production',
    sharing: [],
    application: 'shop',
    deployTo: '/var/www/shop',
    branch: 'main',
    repoUrl: undefined,
    repoLogin: undefined,
    revision: undefined,
    repoTree: undefined,
    linkedFiles: [],
    linkedDirs: [],
    linkedSources: [],
    keepReleases: 5,
    confirm: false,
    umask: undefined,
    commands: new Map(),
    sudoPassword: undefined,
    requirePushed: false,
    keepFailed: false,
    currentDirectory: 'current',
    releasesDirectory: 'releases',
    sharedDirectory: 'shared',
    repoPath: undefined,
    env: {},
    vars: {},
    ssh: {},
    git: { hostKeys: 'yes', limit: 10, timeout: 60_000, transferTimeout: 21_600_000, submodules: true, lfs: true },
    played: { roles: [], open: false, every: true, closed: false },
    recipes: [],
    tasks: {},
    override: {},
    hooks: [],
  })
})

test('the stage wins over the config, and the command line over both', async (t) => {
  const text = config(`branch: 'a', keepReleases: 3, repoUrl: 'top',`, `branch: 'b', keepReleases: 4,`)
  assert.deepEqual(
    [
      (await stageOf(t, text, { stage: 'other' })).branch,
      (await stageOf(t, text)).branch,
      (await stageOf(t, text, { branch: 'c' })).branch,
    ],
    ['a', 'b', 'c'],
  )
  const set = await stageOf(t, text, { set: ['keepReleases=9', 'branch=d'], branch: 'e' })
  assert.deepEqual([set.keepReleases, set.branch, set.repoUrl], [9, 'e', 'top'])
})

test("a stage's lists replace the config's, and env, vars, ssh and git are merged by key", async (t) => {
  const stage = await stageOf(
    t,
    config(
      `linkedDirs: ['log', 'tmp'], env: { A: '1', B: '1' }, vars: { a: 1, b: 1 }, ssh: { user: 'u', port: 1 }, git: { limit: 2 },`,
      `linkedDirs: ['log'], env: { B: '2', C: null }, vars: { b: 2 }, ssh: { port: 2 }, git: { hostKeys: 'accept-new' },`,
    ),
  )
  assert.deepEqual(stage.linkedDirs, ['log'])
  assert.deepEqual(stage.env, { A: '1', B: '2', C: null })
  assert.deepEqual(stage.vars, { a: 1, b: 2 })
  assert.deepEqual(stage.ssh, { user: 'u', port: 2 })
  assert.deepEqual([stage.git.hostKeys, stage.git.limit], ['accept-new', 2])
  assert.deepEqual([stage.hosts[0]!.user, stage.hosts[0]!.port], ['u', 2])
})

test('computed settings run after the layers are merged, and read one another', async (t) => {
  const stage = await stageOf(
    t,
    config(
      `deployTo: ({ application, stage, vars }) => '/srv/' + application + '_' + stage + vars.suffix + '/', vars: { suffix: () => '-old' },
       linkedFiles: ['.env', ({ stage }) => 'config/' + stage + '.key'], env: ({ deployTo, local }) => ({ HOME_OF: deployTo, HOST: local.hostname }),`,
      `vars: { suffix: async () => '-new' }, repoUrl: ({ deployTo }) => deployTo + '.git', env: { MORE: 'x' },`,
    ),
  )
  assert.equal(stage.deployTo, '/srv/shop_production-new')
  assert.equal(stage.repoUrl, '/srv/shop_production-new/.git')
  assert.deepEqual(stage.linkedFiles, ['.env', 'config/production.key'])
  assert.deepEqual(stage.env, { HOME_OF: '/srv/shop_production-new/', HOST: hostname(), MORE: 'x' })
  assert.deepEqual(stage.vars, { suffix: '-new' })
})

test('a cycle of settings is reported by name, and an error in a setting with its name and line', async (t) => {
  assert.match(
    shown(await refusal(stageOf(t, config(`deployTo: (c) => c.vars.x, vars: { x: (c) => c.deployTo },`)))),
    /deployTo → vars\.x → deployTo/,
  )
  assert.equal(
    shown(await refusal(stageOf(t, config(`vars: { x: () => { throw new Error('offline') } },`)))),
    'vars.x: offline\nat deploy.config.ts:5',
  )
})

test('servers may be a function, and its result is checked like a list', async (t) => {
  const of = (body: string) => config('', `servers: async ({ stage, vars }) => ${body},`)
  const stage = await stageOf(t, of(`[{ host: 'deploy@' + stage + '1', roles: ['app'] }, 'b1']`))
  assert.deepEqual(
    stage.hosts.map((host) => [host.name, host.user]),
    [
      ['production1', 'deploy'],
      ['b1', undefined],
    ],
  )
  assert.deepEqual((await stageOf(t, of(`({ app: ['a1'], db: ['a1'] })`))).hosts[0]!.roles, ['app', 'db'])
  assert.match(
    shown(await refusal(stageOf(t, of(`[{ hots: 'a1' }, 'a b']`)))),
    /servers\[0\]\.hots: unknown key "hots" \(did you mean "host"\?\)/,
  )
  assert.match(shown(await refusal(stageOf(t, of(`[]`)))), /stages\.production\.servers: names no server/)
  const none = await stageOf(t, config('', 'servers: [],'))
  assert.deepEqual([none.hosts, basename(none.noHostsAt ?? '')], [[], 'deploy.config.ts:6'])
  assert.match(shown(await refusal(stageOf(t, of(`'a1'`)))), /expected the function to return a list of servers, found "a1"/)
  assert.match(
    shown(await refusal(stageOf(t, of(`{ throw new Error('no credentials') }`)))),
    /^stages\.production\.servers: no credentials\nat deploy\.config\.ts:6/,
  )
})

test('a stage may be a function, which is called only when the stage is chosen', async (t) => {
  const text = `export default { application: 'shop', stages: {
    a: ({ local }) => ({ servers: ['a1'], vars: { who: local.hostname } }), b: () => { throw new Error('not today') }, c: () => ({ serves: [] }) } }`
  assert.equal((await stageOf(t, text, { stage: 'a' })).vars['who'], hostname())
  assert.match(shown(await refusal(stageOf(t, text, { stage: 'b' }))), /^stages\.b: not today/)
  assert.match(
    shown(await refusal(stageOf(t, text, { stage: 'c' }))),
    /stages\.c\.serves: unknown setting serves \(did you mean "servers"\?\)/,
  )
})

test("a stage's tasks win over the config's, and its hooks are added", async (t) => {
  const stage = await stageOf(
    t,
    config(
      `tasks: { a: { run: () => 1 }, b: { run: () => 1 } }, hooks: { after: { deploy: 'a' } },`,
      `tasks: { b: { run: () => 2 } }, hooks: { after: { deploy: ['b'] } },`,
    ),
  )
  assert.deepEqual(Object.keys(stage.tasks), ['a', 'b'])
  assert.equal((stage.tasks['b'] as { run(): number }).run(), 2)
  assert.deepEqual(stage.hooks, [{ after: { deploy: 'a' } }, { after: { deploy: ['b'] } }])
})

const worker = `const worker = defineRecipe({ name: 'worker', settings: z.object({ processes: z.int().min(1).default(1), queues: z.array(z.string()).optional(), unit: z.string().default('worker'), nice: z.union([z.number(), z.enum(['low', 'high'])]).optional() }), linkedDirs: ['tmp/pids'] })`

test("a recipe's settings come from its defaults, then use, the stage and the command line", async (t) => {
  const text = config(
    `use: [worker({ processes: 2, unit: ({ stage }) => stage + '-worker' })],`,
    `settings: { worker: { processes: 3 } },`,
    worker,
  )
  assert.deepEqual((await stageOf(t, text, { stage: 'other' })).recipes[0]!.settings, { processes: 2, unit: 'other-worker' })
  const { recipes, linkedDirs } = await stageOf(t, text)
  assert.deepEqual(recipes[0]!.settings, { processes: 3, unit: 'production-worker' })
  assert.deepEqual(linkedDirs, ['tmp/pids'])
  const set = await stageOf(t, text, { set: ['worker.processes=8', 'worker.queues=mail,default', 'worker.nice=5'] })
  assert.deepEqual(set.recipes[0]!.settings, { processes: 8, unit: 'production-worker', queues: ['mail', 'default'], nice: 5 })
})

test('wrong settings of a recipe are reported where they are written', async (t) => {
  const text = (used: string, stage: string) => config(`use: [\nworker(${used})],`, stage, worker)
  assert.equal(
    shown(await refusal(stageOf(t, text('{ processes: 2 }', 'settings: { worker: { processes: 0 } },')))),
    'stages.production.settings.worker.processes: expected at least 1, found 0\nat deploy.config.ts:7',
  )
  assert.equal(
    shown(await refusal(stageOf(t, text('{ procesess: 2 }', '')))),
    'worker() in use[0]: unknown setting procesess (did you mean "processes"?)\nat deploy.config.ts:6',
  )
  assert.match(
    shown(await refusal(stageOf(t, text('{}', 'settings: { wroker: {} },')))),
    /^stages\.production\.settings\.wroker: no recipe "wroker" is used \(did you mean "worker"\?\)/,
  )
  assert.match(
    shown(await refusal(stageOf(t, text('', ''), { set: ['worker.processes=0'] }))),
    /^--set worker\.processes=0: expected at least 1, found 0/,
  )
})

test('a recipe checks the vars of its hosts and gives them defaults', async (t) => {
  const puma = `const puma = defineRecipe({ name: 'puma', hostVars: z.object({ workers: z.number(), port: z.number().default(3000) }), tasks: { restart: { on: 'web', steps: () => [] } } })`
  const of = (vars: string) =>
    config('use: [puma()],', `servers: [{ host: 'w1', roles: ['web'], vars: { ${vars} } }, { host: 'd1', roles: ['db'] }],`, puma).replace(
      `servers: ['a1'],`,
      '',
    )
  assert.deepEqual(
    (await stageOf(t, of('workers: 2, other: 1'))).hosts.map((host) => [host.name, host.vars, host.has('web')]),
    [
      ['w1', { workers: 2, other: 1, port: 3000 }, true],
      ['d1', {}, false],
    ],
  )
  assert.equal(
    shown(await refusal(stageOf(t, of('')))),
    'stages.production.servers[0]: w1: vars.workers is missing: expected a number (for puma)\nat deploy.config.ts:6',
  )
})

test("a stage's recipe replaces one of the same name, and a second use in one list needs another name", async (t) => {
  const stage = await stageOf(t, config(`use: [worker({ unit: 'a' }), worker({}, { name: 'mailer' })],`, `use: [worker()],`, worker))
  assert.deepEqual(
    stage.recipes.map(({ name, settings }) => [name, settings['unit']]),
    [
      ['worker', 'worker'],
      ['mailer', 'worker'],
    ],
  )
  assert.match(
    shown(await refusal(stageOf(t, config(`use: [worker(), worker()],`, '', worker)))),
    /^worker is used twice in use\nhint: give one of them another name: worker\(\{ … \}, \{ name: 'worker2' \}\)/,
  )
})

test('--set reads a value with the type of its setting', async (t) => {
  const text = config(`vars: { port: 1, on: false, list: ['a'], name: 'x', 'new.key': null },`)
  const stage = await stageOf(t, text, {
    set: [
      'keepFailed=yes',
      'linkedDirs=log, tmp',
      'linkedFiles=',
      'ssh.port=2200',
      'ssh.keys=a,b',
      'ssh.forwardAgent=false',
      'git.limit=3',
      'env.RAILS_ENV=a=b',
      'vars.port=80',
      'vars.on=true',
      'vars.list=a,b',
      'vars.name=7',
      'vars.new.key=z',
    ],
  })
  assert.equal(stage.keepFailed, true)
  assert.deepEqual([stage.linkedDirs, stage.linkedFiles], [['log', 'tmp'], []])
  assert.deepEqual(stage.ssh, { port: 2200, keys: ['a', 'b'], forwardAgent: false })
  assert.equal(stage.git.limit, 3)
  assert.deepEqual(stage.env, { RAILS_ENV: 'a=b' })
  assert.deepEqual(stage.vars, { port: 80, on: true, list: ['a', 'b'], name: '7', 'new.key': 'z' })
})

test('--set of unknown settings and wrong values is refused, all reported at once', async (t) => {
  const set = [
    'keepReleases=many',
    'keepRelease=3',
    'ssh.prot=1',
    'ssh=x',
    'stages=x',
    'branch',
    'application=x',
    'constructor=x',
    'toString.a.b=x',
    'worker.proceses=1',
    'git.hostKeys=no',
    '=x',
    'branch=-x',
  ]
  assert.equal(
    shown(await refusal(stageOf(t, config('use: [worker()],', '', worker), { set }))),
    `--set keepReleases=many: expected a number, found "many"
--set keepRelease=3: unknown setting "keepRelease" (did you mean "keepReleases"?)
--set ssh.prot=1: unknown setting "ssh.prot" (did you mean "ssh.port"?)
--set ssh=x: ssh is an object: name one of its settings, --set ssh.…=value
--set stages=x: unknown setting "stages"
--set branch: write --set key=value
--set application=x: the name of the application is in the config, at its top or in the stage: records, units and files on the servers are known by it
--set constructor=x: unknown setting "constructor"
--set toString.a.b=x: unknown setting "toString.a.b"
--set worker.proceses=1: unknown setting "worker.proceses" (did you mean "worker.processes"?)
--set git.hostKeys=no: expected "accept-new" or "yes", found "no"
--set =x: write --set key=value
--set branch=-x: "-x" is not the name of a branch, tag or commit`,
  )
})

test('--branch must be a valid branch name', async (t) => {
  assert.match(shown(await refusal(stageOf(t, config(''), { branch: '--exec=x' }))), /^--branch: "--exec=x" is not the name of a branch/)
})

test('overlapping linked paths are refused with their line', async (t) => {
  assert.equal(
    shown(await refusal(stageOf(t, config(`linkedFiles: ['config/a.yml'],\nlinkedDirs: ['config'],`)))),
    'linkedFiles[0]: "config/a.yml" lies in "config", which is linked as a whole (linkedDirs[0])\nat deploy.config.ts:5',
  )
})

test('the stage is frozen, and keeps secrets and paths unchanged', async (t) => {
  const stage = await stageOf(t, config(`env: { KEY: secret('hush'), PATH: prepend('/opt/bin'), DIR: path('/srv') },`))
  assert.ok(Object.isFrozen(stage) && Object.isFrozen(stage.env) && Object.isFrozen(stage.hosts))
  assert.doesNotMatch(inspect(stage, { depth: 9, showHidden: true }), /hush/)
  assert.equal((stage.env['DIR'] as Path).toString(), '/srv')
})

const hiddenIn = `const worker = defineRecipe({ name: 'worker', settings: z.object({ key: z.any(), redis: z.any() }) })`

test('a value that replaces a secret is a secret, in whatever layer it is', async (t) => {
  const text = config(
    `env: { PASSWORD: secret('old-1'), MODE: 'a' }, vars: { pw: secret('old-2'), late: () => env.secret('T_NOT_SET'), plain: 'b' },
     use: [worker({ key: secret('old-3'), redis: { url: secret('old-4'), db: 1 } })],`,
    `env: { PASSWORD: 'of the stage' }, settings: { worker: { redis: { url: 'redis://:new@h', db: 2 } } },`,
    hiddenIn,
  )
  const open = (value: unknown): unknown => (isSecret(value) ? { secret: reveal(value) } : value)
  const stage = await stageOf(t, text, { set: ['vars.pw=new 2', 'vars.late=new 3', 'vars.plain=c', 'worker.key=new 4', 'env.MODE=d'] })
  assert.deepEqual(Object.values(stage.env).map(open), [{ secret: 'of the stage' }, 'd'])
  assert.deepEqual(Object.values(stage.vars).map(open), [{ secret: 'new 2' }, { secret: 'new 3' }, 'c'])
  const { key, redis } = stage.recipes[0]!.settings as { key: unknown; redis: { url: unknown; db: number } }
  assert.deepEqual([open(key), open(redis.url), redis.db], [{ secret: 'new 4' }, { secret: 'redis://:new@h' }, 2])
  const set = await stageOf(t, text, { set: ['env.PASSWORD=typed', 'vars.late=x'] })
  assert.deepEqual(open(set.env['PASSWORD']), { secret: 'typed' })
})

test('a typed value of a password setting is masked, even if it replaces nothing', async (t) => {
  const { text } = createRedactor()
  await stageOf(t, config(''), { set: ['env.DB_PASSWORD=typed-by-hand'] })
  assert.equal(text('--set env.DB_PASSWORD=typed-by-hand'), '--set env.DB_PASSWORD=[secret]')
  await refusal(stageOf(t, config(''), { set: ['nowhere.api_key=typed-in-vain'] }))
  assert.equal(text('typed-in-vain'), '[secret]')
})
