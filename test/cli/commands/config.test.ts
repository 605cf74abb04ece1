import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { needs } from '../../support/needs.ts'
import { configText, place } from '../support/place.ts'
import { terminals } from '../support/terminal.ts'

const project = place()
after(() => project.remove())

before(() =>
  project.write({
    'deploy.config.ts': configText(`
  deployTo: ({ stage }) => '/srv/' + stage + '/',
  repoUrl: 'https://robot:hunter2-of-ours@git.example.com/shop.git',
  linkedDirs: ['log', 'tmp'],
  git: { limit: 3 },
  env: { LEVEL: 'info', KEY: secret('s3cret-of-ours'), ABSENT: env.secret('ABSENT') },
  vars: { port: 80, 'a.b': { deep: 'x' }, token: env.secret('TOKEN'), password: secret('s3cret-of-ours') },
  use: [bundler({ jobs: 2 }), sidekiq({ redis: { url: 'redis://r1' }, serviceUnitUser: 'system' })],
  stages: {
    production: {
      servers: [{ host: 'a1', env: { LEVEL: 'debug' } }],
      keepReleases: 3,
      env: { LEVEL: 'warn' },
      settings: { sidekiq: { processes: 2 } },
    },
  },`),
  }),
)

const config = (...args: string[]) => project.shipit(['production', 'config', ...args])
/** The rows, with single spaces. */
const rows = (text: string): string[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' '))

test('config lists every setting with a value, its layer and its line, without a secret', async () => {
  const { code, stdout, stderr } = await config()
  assert.deepEqual([code, stderr], [0, ''])
  const lines = rows(stdout)
  for (const line of [
    'application shop (config, line 5)',
    'deployTo /srv/production (config, line 6, computed)',
    'branch main (default)',
    'keepReleases 3 (stage, line 16)',
    'linkedDirs ["log", "tmp"] (config, line 8)',
    'git.limit 3 (config, line 9)',
    'git.timeout 1m (default)',
    'env.LEVEL warn (stage, line 17)',
    'env.KEY [secret] (config, line 10)',
    'servers.a1.env.LEVEL debug (server)',
    'env.ABSENT the environment variable ABSENT is not set (config, line 10)',
    'vars.port 80 (config, line 11)',
    'vars["a.b"] { deep: "x" } (config, line 11)',
    'vars.password [secret] (config, line 11)',
    'vars.token the environment variable TOKEN is not set (config, line 11)',
    'bundler.jobs 2 (use, line 12)',
    'sidekiq.processes 2 (stage, line 18)',
    'sidekiq.redis.url redis://r1 (use, line 12)',
    'sidekiq.redis.tlsVerify true (default)',
  ])
    assert.ok(lines.includes(line), `${line}\n${stdout}`)
  assert.doesNotMatch(stdout, /of-ours/)
  assert.doesNotMatch(stdout, /^revision/m)
})

test('config says what the command line changed, as a whole or in part', async () => {
  const set = ['keepReleases=9', 'git.limit=5', 'vars.port=81', 'vars.a.b.deep=y', 'sidekiq.redis.url=redis://r2', 'env.LEVEL=debug']
  const keys = ['keepReleases', 'git.limit', 'branch', 'vars.port', 'vars.a.b', 'sidekiq.redis.url', 'sidekiq.redis.tlsVerify', 'env.LEVEL']
  const { code, stdout, stderr } = await config(...keys, '--branch', 'next', ...set.flatMap((one) => ['--set', one]))
  assert.equal(code, 0, stderr)
  assert.deepEqual(rows(stdout), [
    'keepReleases 9 (--set)',
    'git.limit 5 (--set)',
    'branch next (--branch)',
    'vars.port 81 (--set)',
    'vars["a.b"] { deep: "y" } (config, line 11 and --set)',
    'sidekiq.redis.url redis://r2 (--set)',
    'sidekiq.redis.tlsVerify true (default)',
    'env.LEVEL debug (--set)',
  ])
})

test('config KEY prints one setting, all of a recipe, or a part of a value', async () => {
  assert.deepEqual(rows((await config('git.timeout')).stdout), ['git.timeout 1m (default)'])
  assert.deepEqual(rows((await config('linkedDirs[1]', 'revision')).stdout), ['linkedDirs[1] tmp (config, line 8)', 'revision not set'])
  const recipe = rows((await config('bundler')).stdout)
  assert.ok(recipe.length > 5 && recipe.every((line) => line.startsWith('bundler.')))
})

test('config refuses a key that names nothing, with the nearest, and one whose variable is not set', async () => {
  for (const [args, message] of [
    [['git.timout'], /unknown setting "git\.timout" \(did you mean "git\.timeout"\?\)\n {2}see them all: shipit production config\n/],
    [['vars.prot'], /did you mean "vars\.port"/],
    [['sidekiq.proceses'], /did you mean "sidekiq\.processes"/],
    [['sidekiq.redis.ulr'], /did you mean "sidekiq\.redis\.url"/],
    [['aplication'], /did you mean "application"/],
    [['vars.port=81'], /vars\.port=… is neither a stage nor a task\n {2}--set vars\.port=VALUE overrides a setting\n/],
    [['keepReleases.x'], /unknown setting "keepReleases\.x"/],
    [['vars.token'], /the environment variable TOKEN is not set/],
    [['--lines'], /unknown option --lines\n {2}config takes --json/],
    [['--json=1'], /--json takes no value/],
    [
      ['--hosts', 'a1'],
      /--hosts has no effect in the list of settings, which takes only --branch, --set, --config, --json\n {2}shipit production config --help says more\n/,
    ],
  ] as const) {
    const { code, stdout, stderr } = await config(...args)
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.match(stderr, message)
  }
})

test('config shows each var that a schema declares with its value and origin, and the schemas by the names in them', async () => {
  const own = place()
  try {
    own.write({
      'deploy.config.ts': configText(`
  hostVars: z.object({ weight: z.number().default(1) }),
  stageVars: z.object({
    port: z.number(),
    zone: z.string().default('a'),
    ips: z.string().transform((text) => text.split(',')),
    note: z.string().optional(),
    db: z.object({ port: z.number(), host: z.string() }).default({ port: 1, host: 'h' }),
    token: secretSchema(),
  }),
  vars: { port: 80, ips: '1,2', token: 's3cret-of-ours' },
  stages: {
    production: {
      servers: ['a1'],
      vars: { port: ({ vars }) => 81 },
    },
  },`).replace("'shipit-ts/recipes'", `'shipit-ts/recipes'\nimport { z } from 'zod'; import { secretSchema } from 'shipit-ts/kit'`),
    })
    const shown = async (...args: string[]) => {
      const { code, stdout, stderr } = await own.shipit(['production', 'config', ...args])
      return [code, ...rows(stdout), stderr.split('\n')[0]]
    }
    assert.deepEqual(await shown('hostVars', 'stageVars', 'vars', 'vars.note'), [
      0,
      'hostVars ["weight"] (config, line 7)',
      'stageVars ["port", "zone", "ips", "note", "db", "token"] (config, line 8)',
      'vars.port 81 (stage, line 20, computed)',
      'vars.ips ["1", "2"] (config, line 16)',
      'vars.token [secret] (config, line 16)',
      'vars.zone a (default)',
      'vars.db { port: 1, host: "h" } (default)',
      'vars.note not set',
      '',
    ])
    assert.deepEqual(
      await shown('vars.zone', 'vars.note', 'vars.db', '--set', 'vars.zone=b', '--set', 'vars.note=x', '--set', 'vars.db.port=2'),
      [0, 'vars.zone b (--set)', 'vars.note x (--set)', 'vars.db { port: 2, host: "h" } (default and --set)', ''],
    )
    assert.match(String((await shown('vars.ntoe')).at(-1)), /unknown setting "vars\.ntoe" \(did you mean "vars\.note"\?\)/)
    assert.match(String((await shown('stageVar')).at(-1)), /did you mean "stageVars"/)
    for (const name of ['hostVars', 'stageVars'])
      assert.match(
        String((await shown('--set', `${name}=x`)).at(-1)),
        /--set (host|stage)Vars=x: \1Vars is the schema of [^]*only the config has it: --set vars\.NAME=VALUE sets a var/,
      )
  } finally {
    own.remove()
  }
  assert.deepEqual(rows((await config('hostVars', 'stageVars')).stdout), ['hostVars not set', 'stageVars not set'])
})

test('config --json prints the same as JSON, without a secret', async () => {
  const { code, stdout } = await config('--json')
  assert.equal(code, 0)
  assert.doesNotMatch(stdout, /of-ours/)
  const all = JSON.parse(stdout) as Record<string, unknown>
  assert.deepEqual(all['keepReleases'], { value: 3, from: [{ layer: 'stage', line: 16 }] })
  assert.deepEqual(all['deployTo'], { value: '/srv/production', from: [{ layer: 'config', line: 6, computed: true }] })
  assert.deepEqual(all['vars.password'], { value: '[secret]', from: [{ layer: 'config', line: 11 }] })
  assert.deepEqual(all['vars.token'], { missing: 'the environment variable TOKEN is not set', from: [{ layer: 'config', line: 11 }] })
  assert.equal(Object.keys(all).length, (await config()).stdout.trimEnd().split('\n').length)
})

test('a task called config or tree, in the config, the stage or a recipe, runs instead of the command', async () => {
  const own = place()
  try {
    for (const body of [
      `tasks: { config: { description: 'Ours', on: 'local', steps: () => [sh\`echo ours\`] } }, stages: { test: { servers: ['a'] } },`,
      `stages: { test: () => (process.stderr.write('called\\n'), { servers: ['a'], tasks: { config: { on: 'local', steps: () => [sh\`echo ours\`] } } }) },`,
      `use: [{ name: 'r', given: {}, options: {}, definition: { name: 'r', tasks: { ':config': { on: 'local', steps: () => [sh\`echo ours\`] } } } }], stages: { test: { servers: ['a'] } },`,
    ]) {
      own.write({ 'deploy.config.ts': configText(body) })
      const ran = await own.shipit(['test', 'config', '--no-log'])
      assert.equal(ran.code, 0, ran.stdout + ran.stderr)
      assert.match(ran.stdout, /\bours$/m)
      assert.ok((ran.stderr.match(/called/g) ?? []).length < 2)
      assert.match((await own.shipit(['test', 'tree', 'config'])).stdout, /^config\n$/)
    }
    own.write({
      'deploy.config.ts': configText(`tasks: { tree: { description: 'Ours', steps: () => [] } }, stages: { test: { servers: ['a'] } },`),
    })
    assert.match((await own.shipit(['--tasks', 'tree'])).stdout, /^tree +Ours \(instead of the command of that name\)$/m)
    assert.match(
      (await own.shipit(['test', 'config', '--help'])).stdout,
      /A task called config, of the config or of a recipe, runs instead\./,
    )
  } finally {
    own.remove()
  }
})

const screen = terminals()

test('config at a terminal of 60 columns breaks long values between words', { skip: needs('tmux') }, async () => {
  const seen = await screen('config', project.words('production', 'config', 'deployTo', 'repoUrl'), {
    cwd: project.dir,
    columns: 60,
  }).until(/exit 0/)
  assert.equal(
    seen,
    `deployTo  /srv/production  (config, line 6, computed)
repoUrl   https://[secret]@git.example.com/shop.git
          (config, line 7)
exit 0`,
  )
})
