import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { needs } from '../../support/needs.ts'
import { configText, place } from '../support/place.ts'
import { terminals } from '../support/terminal.ts'

const project = place()
after(() => project.remove())

const config = (body: string): void => project.write({ 'deploy.config.ts': configText(body) })
const check = (args: readonly string[] = ['check'], env: NodeJS.ProcessEnv = {}) => project.shipit(args, { env })

const GOOD = `
  repoUrl: 'git@example.com:shop.git', use: [bundler()],
  tasks: { warm: { description: 'Warm', steps: () => [sh\`true\`] } },
  hooks: { after: { 'deploy:published': 'warm' } },`
const STAGES = `stages: { production: { servers: { app: ['a1', 'a2'] } }, staging: () => ({ servers: ['s1'] }) },`

test('check of a config without a mistake is one line a stage, exit 0, and connects to nothing', async () => {
  config(`${GOOD} ${STAGES}`)
  const one = await check(['production', 'check'])
  assert.deepEqual([one.code, one.stderr], [0, ''])
  const [, tasks] = /^production: no mistakes in deploy\.config\.ts \(2 hosts, (\d+) tasks\)\n$/.exec(one.stdout) ?? []
  const all = await check(['check'])
  assert.deepEqual([all.code, all.stderr], [0, ''])
  assert.equal(all.stdout, `${one.stdout}staging: no mistakes in deploy.config.ts (1 host, ${tasks} tasks)\n`)
  const listed = await project.shipit(['production', '--tasks', '--all'])
  assert.equal(listed.stdout.trimEnd().split('\n').length, Number(tasks))
})

test('check reports every mistake once, by line, with its stages, exit 2', async () => {
  config(`
  repoUrl: 'git@example.com:shop.git',
  use: [sidekiq({ proceses: 1 })],
  tasks: { a: { sequence: ['b'] } },
  hooks: { before: { 'deploy:startd': 'a' } },
  stages: {
    production: { servers: ['a1'], settings: { sidekik: {} } },
    staging: () => ({ servers: ['s1'], hooks: { after: { 'deploy:finishd': 'a' } } }),
  },`)
  const { code, stdout, stderr } = await check()
  assert.deepEqual([code, stdout], [2, ''])
  assert.equal(
    stderr,
    `shipit: 5 mistakes in deploy.config.ts
  deploy.config.ts:7  sidekiq() in use[0]: unknown setting proceses (did you mean "processes"?) (in every stage)
  deploy.config.ts:8  tasks.a: the sequence of "a": there is no task "b" (in every stage)
  deploy.config.ts:9  hooks.before["deploy:startd"]: there is no task "deploy:startd" (did you mean "deploy:started"?) (in every stage)
  deploy.config.ts:11  stages.production.settings.sidekik: no recipe "sidekik" is used (did you mean "sidekiq"?)
  deploy.config.ts:12  stages.staging.hooks.after["deploy:finishd"]: there is no task "deploy:finishd" (did you mean "deploy:finished"?)
`,
  )
  const one = await check(['staging', 'check'])
  assert.equal(one.code, 2)
  assert.match(one.stderr, /^shipit: 4 mistakes/)
})

test('check calls a stage that is a function once', async () => {
  config(`${GOOD} stages: { production: () => (process.stderr.write('called\\n'), { servers: ['s1'] }) },`)
  const { code, stderr } = await check()
  assert.deepEqual([code, stderr], [0, 'called\n'])
})

test('check finds the variables that a deploy or a rollback needs, in one error with all of them', async () => {
  config(`
  repoUrl: 'git@example.com:shop.git', branch: () => env('BRANCH'),
  vars: { token: env.secret('TOKEN'), other: env.secret('OTHER') },
  tasks: { ping: { steps: ({ vars }) => [sh\`ping \${vars.token}\`] }, free: { steps: ({ vars }) => [sh\`free \${vars.other}\`] } },
  hooks: { after: { 'deploy:published': 'ping' } },
  ${STAGES}`)
  const { code, stderr } = await check()
  assert.equal(code, 2)
  assert.match(stderr, /^shipit: environment variables are not set: .* \(in every stage\)\n/)
  for (const name of ['BRANCH', 'TOKEN']) assert.match(stderr, new RegExp(`\\b${name}\\b`))
  assert.doesNotMatch(stderr, /OTHER/)
  assert.equal((await check(['check'], { BRANCH: 'main', TOKEN: 'unset-in-ci' })).code, 0)
})

test('check finds what a task decides before it connects: its hosts and its shares', async () => {
  config(`
  repoUrl: 'git@example.com:shop.git',
  tasks: {
    on: { on: () => { throw new Error('no idea') }, steps: () => [] },
    rolls: { rolling: () => ({ size: 0 }), steps: () => [] },
  },
  ${STAGES}`)
  const { code, stderr } = await check()
  assert.equal(code, 2)
  assert.match(stderr, /^shipit: 2 mistakes/)
  assert.match(stderr, /deploy\.config\.ts:8 {2}the task on: no idea \(in every stage\)/)
  assert.match(stderr, /rolling of the task rolls: /)
})

test('check refuses a deploy without a repository, but not a stage where nothing is deployed', async () => {
  config(`stages: { production: { servers: ['a1'] }, backup: { servers: [{ host: 'b1', release: false }] } },`)
  const { code, stderr } = await check()
  assert.equal(code, 2)
  assert.match(stderr, /^shipit: repoUrl is not set: where is the repository\? \(in production\)\n.*\n {2}add repoUrl:/)
  const backup = await check(['backup', 'check'])
  assert.equal(backup.code, 0)
  assert.match(backup.stdout, /^backup: no mistakes in deploy\.config\.ts \(1 host, \d+ tasks; no host gets releases\)\n$/)
})

test('check shows the warnings of a deploy on stderr, and what the config prints', async () => {
  config(`
  repoUrl: 'git@example.com:shop.git', deployTo: '/srv/shop',
  stages: { production: { servers: ['a1'] }, staging: { servers: ['a1'], vars: { x: () => (console.log('printed'), 1) } } },`)
  const { code, stdout, stderr } = await check(['staging', 'check'])
  assert.equal(code, 0)
  assert.match(stdout, /^staging: no mistakes [^\n]*\n$/)
  assert.match(stderr, /^printed$/m)
  assert.match(stderr, /^⚠ staging: staging and production both have deployTo \/srv\/shop on a1/m)
})

test('check takes --set and --branch, and says which words and options have no effect', async () => {
  config(`${GOOD} ${STAGES}`)
  assert.equal((await check(['check', '--set', 'keepReleases=3', '--branch', 'next'])).code, 0)
  for (const [args, message] of [
    [['check', '--set', 'keepRelease=3'], /--set keepRelease=3: unknown setting "keepRelease" .* \(in every stage\)/],
    [['production', 'check', 'deploy'], /check runs by itself, not with deploy\n {2}shipit production check\n/],
    [['production', 'check', '--hosts', 'a1'], /--hosts has no effect in a check, which takes only --branch, --set, --config\n/],
    [['check', 'production'], /"check" is not a stage: the stage comes first\n {2}shipit production check\n/],
    [['prodution', 'check'], /unknown stage "prodution" \(did you mean "production"\?\)/],
  ] as const) {
    const { code, stdout, stderr } = await check(args)
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.match(stderr, message)
  }
})

test('check reports a file that cannot be loaded as any command does', async () => {
  project.write({ 'deploy.config.ts': 'export default {' })
  const { code, stderr } = await check()
  assert.equal(code, 2)
  assert.equal(stderr, (await project.shipit(['production', 'deploy'])).stderr)
})

test('check reports a mistake in a recipe setting beside one whose variable is not set', async () => {
  config(`
  repoUrl: 'git@example.com:shop.git',
  use: [sidekiq({ processes: () => env.int('T_PROCESSES'), serviceUnitEnvVars: { KEY: secret('s3cret-of-ours') } })],
  stages: { production: { servers: ['a1'] } },`)
  const { code, stderr } = await check()
  assert.equal(code, 2)
  assert.match(stderr, /sidekiq\(\) in use\[0\]: serviceUnitEnvVars\.KEY: must not be a secret/)
  assert.doesNotMatch(stderr, /of-ours/)
})

const screen = terminals()

test('check masks its warnings, and breaks them between words at a terminal of 60 columns', { skip: needs('tmux') }, async () => {
  config(`
  deployTo: '/srv/s3cret-of-ours', vars: { a: secret('s3cret-of-ours') }, repoUrl: 'git@example.com:shop.git',
  stages: { one: { servers: ['a1'] }, two: { servers: ['a1'] } },`)
  const piped = await check()
  assert.match(piped.stderr, /^⚠ one: one and two both have deployTo \/srv\/\[secret\] on a1: .*\n⚠ two: .*\n$/)
  const seen = await screen('check', project.words('one', 'check'), { cwd: project.dir, columns: 60 }).until(/exit 0/)
  assert.match(seen, /^⚠ one: one and two both have deployTo \/srv\/\[secret\] on a1:\n {2}only one of them can deploy there\./)
})
