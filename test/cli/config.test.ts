import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { configText, place } from './support/place.ts'

const project = place()
after(() => project.remove())
const local = "ssh: { transport: 'local' }"
/** A task that prints a stage's hosts: `a1 [app,db]`. */
const roles = `show: { on: 'all', steps: ({ host }) => [sh\`echo \${host.name + ' [' + host.roles.join(',') + ']'}\`] }`

/** The lines that the hosts printed. */
const printed = (stdout: string): string[] => [...stdout.matchAll(/^\S+ +\d\d ([a-z]\d? .*)$/gm)].map(([, text = '']) => text).sort()

for (const [name, text] of [
  [
    'deploy.config.yaml',
    `application: shop
use: [{ sidekiq: { serviceUnitUser: system, processes: 2 } }]
ssh: { transport: local }
stages:
  test:
    servers: { app: [a1, a2], worker: [{ host: a1 }] }
`,
  ],
  [
    'deploy.config.yml',
    `application: shop\nuse:\n  - sidekiq:\n      serviceUnitUser: system\n      processes: 2\nssh:\n  transport: local\nstages:\n  test:\n    servers: { app: [a1, a2], worker: [a1] }\n`,
  ],
  [
    'deploy.config.json',
    JSON.stringify({
      application: 'shop',
      use: [{ sidekiq: { serviceUnitUser: 'system', processes: 2 } }],
      ssh: { transport: 'local' },
      stages: { test: { servers: { app: ['a1', 'a2'], worker: ['a1'] } } },
    }),
  ],
] as const) {
  test(`a plan from ${name} has its recipe, settings and hosts by role`, async (t) => {
    const p = place({ [name]: text })
    t.after(p.remove)
    const plan = await p.shipit(['test', 'plan', 'sidekiq:restart'])
    assert.equal(plan.code, 0, plan.stdout + plan.stderr)
    assert.match(plan.stdout, /\. sidekiq:restart on a1\n[^]*? +sudo systemctl restart sidekiq@1\.service sidekiq@2\.service\n/)
    assert.match(
      (await p.shipit(['test', 'plan', 'sidekiq:restart', '--set', 'sidekiq.processes=1'])).stdout,
      /sudo systemctl restart sidekiq\.service\n/,
    )
  })
}

test('servers by role, as a list, and from an async function of the stage give the same hosts', async () => {
  const answers: string[][] = []
  for (const servers of [
    "{ app: ['a1', 'a2'], db: [{ host: 'a1', primary: true }] }",
    "[{ host: 'a1', roles: ['app', 'db'], primary: true }, { host: 'a2', roles: ['app'] }]",
    "async ({ stage, vars }) => { await new Promise((done) => setTimeout(done, 20)); return stage === 'test' ? { app: vars.apps, db: ['a1'] } : [] }",
  ]) {
    project.write({
      'deploy.config.ts': configText(
        `${local}, vars: { apps: ['a1', 'a2'] }, tasks: { ${roles} }, stages: { test: { servers: ${servers} } },`,
      ),
    })
    const ran = await project.shipit(['test', 'show', '--no-log'])
    assert.equal(ran.code, 0, ran.stdout + ran.stderr)
    answers.push(printed(ran.stdout))
  }
  for (const answer of answers) assert.deepEqual(answer, ['a1 [app,db]', 'a2 [app]'])
})

test('a servers function that throws or returns an invalid list is an error with its location, exit 2', async () => {
  for (const [servers, message] of [
    ["async () => { throw new Error('the cloud is down') }", /the cloud is down/],
    ['() => []', /servers/],
    ["() => ['a b']", /servers/],
  ] as const) {
    project.write({ 'deploy.config.ts': configText(`${local}, tasks: { ${roles} }, stages: { test: { servers: ${servers} } },`) })
    const ran = await project.shipit(['test', 'show', '--no-log'])
    assert.equal(ran.code, 2, ran.stdout + ran.stderr)
    assert.match(ran.stderr, message)
    assert.match(ran.stderr, /stages\.test\.servers/)
    assert.match(ran.stderr, /deploy\.config\.ts/)
    assert.doesNotMatch(ran.stderr, /\n\s+at /)
  }
})

test('the config is found from a subfolder, up to the root of the repository', async (t) => {
  const p = place({ 'deploy.config.ts': configText(`${local}, tasks: { ${roles} }, stages: { test: { servers: ['a1'] } },`) })
  t.after(p.remove)
  p.write({ 'app/models/x.rb': '', 'vendor/engine/.git/HEAD': '', 'vendor/engine/lib/y.rb': '' })
  assert.equal((await p.shipit(['test', 'show', '--no-log'], { cwd: 'app/models' })).code, 0)
  const beyond = await p.shipit(['test', 'show', '--no-log'], { cwd: 'vendor/engine/lib' })
  assert.equal(beyond.code, 2)
  assert.match(beyond.stderr, /deploy\.config/)
  assert.ok(beyond.stderr.includes(`${p.dir}/vendor/engine`), beyond.stderr)
  assert.equal(
    (await p.shipit(['test', 'show', '--no-log', '--config', '../../../deploy.config.ts'], { cwd: 'vendor/engine/lib' })).code,
    0,
  )
})

test('--branch overrides --set, which overrides the stage, the config and the defaults', async () => {
  const show = `show: { steps: ({ deploy, paths, vars }) => [sh\`echo a \${deploy.branch} \${String(paths.deployTo)} \${vars.port} "$COLOUR"\`] }`
  project.write({
    'deploy.config.ts':
      configText(`${local}, branch: 'of-config', deployTo: '/srv/config', env: { COLOUR: 'red' }, vars: { port: 1 }, tasks: { ${show} },
  stages: { one: { servers: ['a1'] }, two: { servers: ['a1'], branch: 'of-stage', deployTo: ({ stage }) => '/srv/' + stage, env: { COLOUR: 'green' }, vars: { port: 2 } } },`),
  })
  const said = async (...args: string[]): Promise<string | undefined> => printed((await project.shipit([...args, '--no-log'])).stdout)[0]
  assert.equal(await said('one', 'show'), 'a of-config /srv/config 1 red')
  assert.equal(await said('two', 'show'), 'a of-stage /srv/two 2 green')
  const sets = ['--set', 'branch=of-set', '--set', 'vars.port=3', '--set', 'env.COLOUR=blue', '--set', 'deployTo=/srv/set']
  assert.equal(await said('two', 'show', ...sets), 'a of-set /srv/set 3 blue')
  assert.equal(await said('two', 'show', ...sets, '--branch', 'of-flag'), 'a of-flag /srv/set 3 blue')
})

test('--branch is an error unless a task that runs reads it, in a plan too', async () => {
  project.write({
    'deploy.config.ts': configText(`${local}, repoUrl: 'git@127.0.0.1:shop.git', deployTo: '/srv/shop', use: [sidekiq()], tasks: {
    quiet: { steps: () => [sh\`echo quiet\`] },
    reads: { steps: ({ deploy, layout }) => [sh\`echo \${layout.live ?? 'none'} \${deploy.branch}\`] },
    code: { run: async ({ log }) => log.info('code') },
    asks: { run: async ({ log, deploy }) => log.info(deploy.branch) },
    titled: { steps: () => [sh\`true\`], on: 'local' },
  }, stages: { one: { servers: ['a1'] } },`),
  })
  for (const tasks of [['quiet'], ['plan', 'quiet'], ['plan', 'sidekiq:restart'], ['plan', 'git:check'], ['titled']]) {
    const { code, stdout, stderr } = await project.shipit(['one', ...tasks, '--branch', 'main', '--no-log'])
    assert.equal(code, 2, `${tasks.join(' ')}: ${stdout}${stderr}`)
    const name = tasks.at(-1)!
    assert.match(
      stdout + stderr,
      new RegExp(
        `--branch changes nothing: ${name} does not read it\n +→ leave it out, or deploy the branch: shipit one deploy --branch main`,
      ),
    )
    assert.doesNotMatch(stdout, /^quiet$/m)
  }
  for (const tasks of [['reads'], ['plan', 'reads'], ['quiet', 'reads'], ['asks'], ['plan', 'code'], ['code']]) {
    const { code, stdout, stderr } = await project.shipit(['one', ...tasks, '--branch', 'main', '--no-log'])
    assert.equal(code, 0, `${tasks.join(' ')}: ${stdout}${stderr}`)
    // what code reads is known when it has run
    assert.equal(/⚠ --branch changes nothing: code does not read it/.test(stdout), tasks.join() === 'code', stdout)
  }
})

test('all mistakes in a config are reported at once, with file, line, path and the nearest key', async () => {
  project.write({
    'deploy.config.ts': `import { defineConfig } from 'shipit-ts'
export default defineConfig({
  application: 'shop',
  keepRelease: 3,
  stages: {
    production: { servers: [{ host: 'a1', role: ['app'] }, { host: 'a2', port: 'x' }] },
  },
})
`,
  })
  const { code, stderr } = await project.shipit(['production', 'deploy'])
  assert.equal(code, 2)
  assert.match(stderr, /deploy\.config\.ts:4.*keepRelease.*keepReleases/)
  assert.match(stderr, /deploy\.config\.ts:6.*stages\.production\.servers\[0\]\.role\b.*roles/)
  assert.match(stderr, /deploy\.config\.ts:6.*stages\.production\.servers\[1\]\.port/)
})

test('a role that the stage lacks is reported once, with the tasks that are left out, in a plan and in a run', async () => {
  const echo = (word: string, on: string) => `${word}: { on: '${on}', steps: () => [sh\`echo ${word}\`] }`
  project.write({
    'deploy.config.ts': configText(`${local}, tasks: { ${echo('one', 'app')}, ${echo('two', 'cron')}, ${echo('three', 'cron')} },
  hooks: { after: { one: ['two', 'three'] } },
  stages: { test: { servers: { app: ['a1'] } }, production: { servers: { app: ['b1'], cron: ['c1'] } } },`),
  })
  const note = /test has no host with the role "cron": two, three do not run/g
  const plan = await project.shipit(['test', 'plan', 'one'])
  assert.equal(plan.stdout.match(note)?.length, 1, plan.stdout)
  assert.doesNotMatch(plan.stderr, note)
  const ran = await project.shipit(['test', 'one', '--no-log'])
  assert.equal(ran.stdout.match(note)?.length, 1, ran.stdout)
  assert.equal(ran.code, 0)
  assert.doesNotMatch((await project.shipit(['production', 'plan', 'one'])).stdout, note)
})

test('hosts() and primary() reject a role that no stage has, with the nearest one', async () => {
  for (const call of ["hosts('ap')", "primary({ roles: ['ap'] })"]) {
    project.write({
      'deploy.config.ts': configText(`${local}, tasks: { show: { steps: (c) => [sh\`echo \${String(c.${call})}\`] } },
  stages: { test: { servers: { app: ['a1'] } } },`),
    })
    const ran = await project.shipit(['test', 'show', '--no-log'])
    assert.equal(ran.code, 2)
    assert.match(ran.stdout + ran.stderr, /no host of any stage has the role "ap" \(did you mean "app"\?\)/)
  }
})

test('--tasks, plan, doctor and a run report the same mistakes and exit 2', async () => {
  project.write({
    'deploy.config.ts': configText(`${local}, tasks: { all: { sequence: ['hallo'] }, hello: { on: 'ap', steps: () => [] } },
  hooks: { after: { 'deploy:publishd': 'hello' } }, stages: { test: { servers: { app: ['a1'] } } },`),
  })
  const said = await Promise.all(
    [['--tasks'], ['test', '--tasks'], ['test', 'plan', 'hello'], ['test', 'doctor'], ['test', 'hello']].map((args) =>
      project.shipit(args),
    ),
  )
  for (const { code, stdout, stderr } of said) {
    assert.deepEqual([code, stdout, stderr], [2, '', said[0]!.stderr])
    for (const part of [/^shipit: 3 mistakes in/, /"hallo".*|hello/, /"ap" \(did you mean "app"\?\)/, /"deploy:publishd"/])
      assert.match(stderr, part)
  }
})
