import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'

const bin = resolve(import.meta.dirname, '../../src/cli/bin.ts')
let dir: string

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'shipit-cli-'))
  mkdirSync(join(dir, '.git'))
  mkdirSync(join(dir, 'sub'))
  writeFileSync(
    join(dir, 'deploy.config.ts'),
    `import { defineConfig, env, secret, sh } from 'shipit-ts'
export default defineConfig({
  application: 'shop',
  tasks: {
    hello: { description: 'Say hello', on: 'app', steps: () => [sh\`echo hello\`] },
    token: { steps: () => [sh\`echo \${secret('very-s3cret')}\`] },
    where: { on: 'local', steps: () => [sh\`pwd\`] },
    slow: { steps: () => [sh\`sh -c 'echo $$ > slow.pid; echo began; exec sleep 30'\`] },
    broken: { description: 'Fails', steps: () => [sh\`echo "no way" >&2; exit 3\`.hint('try something else')] },
  },
  stages: { test: { servers: [{ host: 'h1', roles: ['app'], ssh: { transport: 'local' } }] } },
})
`,
  )
})
after(() => rmSync(dir, { recursive: true, force: true }))

const shipit = (args: string[], cwd = dir) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  })
  return { code: status, stdout, stderr }
}

test('--help explains the grammar and the exit codes, and an empty command line shows the same with exit 2', () => {
  const help = shipit(['--help'])
  assert.equal(help.code, 0)
  assert.match(help.stdout, /shipit STAGE TASK/)
  assert.match(help.stdout, /6 +hosts differ/)
  assert.deepEqual(shipit([]), { ...help, code: 2 })
})

test('schema prints the JSON Schema of a config, without a config', () => {
  const { code, stdout, stderr } = shipit(['schema'], tmpdir())
  assert.deepEqual([code, stderr], [0, ''])
  const { properties } = JSON.parse(stdout) as { properties: object }
  assert.ok('application' in properties && 'keepReleases' in properties)
  assert.match(shipit(['schema', '--help']).stdout, /shipit schema +print the JSON Schema/)
})

test('a stage may be called schema', () => {
  writeFileSync(
    join(dir, 'other.config.json'),
    JSON.stringify({
      application: 'shop',
      stages: { schema: { servers: [] } },
      tasks: { both: { description: 'Both', sequence: ['deploy:check'] } },
    }),
  )
  assert.match(shipit(['schema', '--tasks', '--config', 'other.config.json']).stdout, /^both +Both$/m)
})

test('a mistake on the command line is one message with the nearest name, exit 2, and writes nothing', () => {
  for (const [args, message] of [
    [['tets', 'hello'], /unknown stage "tets" \(did you mean "test"\?\)/],
    [['test', 'helo'], /unknown task "helo" \(did you mean "hello"\?\)/],
    [['test', 'hello', '--hots', 'x'], /unknown option --hots \(did you mean "--hosts"\?\)/],
    [['test', 'hello', '--hosts', 'h2'], /--hosts h2 matches no host/],
    [['test', 'hello', '--roles', '/^web/'], /matches no host/],
    [['test', 'hello', '--output', 'tre'], /did you mean "tree"/],
    [['test', 'hello', '--set', 'keepRelease=3'], /did you mean "keepReleases"/],
    [['test', 'hello', '--config'], /--config needs a file/],
    [['test', 'deploy'], /repoUrl is not set/],
    [['test', 'hello', '--release', '20260101000000'], /--release is for deploy:rollback/],
    [['test', 'deploy:rollback', '--branch', 'x'], /--branch is for a deploy/],
    [['test'], /which task\? For example: shipit test deploy/],
    [['test', 'plan'], /which task do you want to plan/],
    [['test', 'hello', '--full'], /--full is for a plan\n.*shipit test plan hello --full\n/],
    [['test', 'doctor', '--full'], /--full is for a plan/],
    [['demo', '--full'], /--full is for a plan/],
    [['schema', '--config', 'deploy.config.ts'], /--config has no effect in the schema/],
    [['schema', '--lines'], /unknown option --lines/],
  ] as const) {
    const { code, stdout, stderr } = shipit([...args])
    assert.equal(code, 2, args.join(' '))
    assert.equal(stdout, '')
    assert.match(stderr, /^shipit: /)
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /\n {4}at /)
  }
  assert.ok(!existsSync(join(dir, 'log')))
})

test('--tasks lists the tasks that have a description, and with a pattern those that match', () => {
  const all = shipit(['--tasks'], join(dir, 'sub'))
  assert.match(all.stdout, /^deploy +Deploy a new release$/m)
  assert.match(all.stdout, /^hello +Say hello$/m)
  assert.doesNotMatch(all.stdout, /^slow/m)
  assert.equal(shipit(['--tasks', 'hell']).stdout, 'hello  Say hello\n')
  assert.equal(shipit(['test', '--tasks', '/^hel/']).stdout, 'hello  Say hello\n')
  assert.equal(shipit(['--tasks', 'nothing like it']).code, 2)
})

test("a task runs from any folder below the config, and local tasks start in the config's folder", () => {
  const ran = shipit(['test', 'hello', 'where', '--no-log'], join(dir, 'sub'))
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(ran.stdout, /h1 .*hello/)
  assert.match(ran.stdout, new RegExp(`local .*${dir}$`, 'm'))
  assert.ok(!existsSync(join(dir, 'log')))
})

test('the log file has all output, and no secret', () => {
  const ran = shipit(['test', 'token', '--log', 'sub/run.log'])
  assert.equal(ran.code, 0)
  const log = readFileSync(join(dir, 'sub/run.log'), 'utf8')
  assert.match(log, /test token/)
  assert.match(log, /echo \[secret\]/)
  for (const text of [
    log,
    ran.stdout,
    ran.stderr,
    shipit(['test', 'plan', 'token']).stdout,
    shipit(['test', 'token', '-o', 'jsonl', '--no-log']).stdout,
  ]) {
    assert.ok(!text.includes('very-s3cret'))
  }
})

test('plan --output jsonl prints one JSON line a step, and no secret', () => {
  for (const more of [[], ['--full']]) {
    const { code, stdout, stderr } = shipit(['test', 'plan', 'token', 'hello', '-o', 'jsonl', ...more])
    assert.equal(code, 0, stderr)
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; task?: string; command?: string })
    assert.deepEqual(
      lines.map(({ type, task, command }) => [type, task, command]),
      [
        ['plan', undefined, undefined],
        ['plan:step', 'token', 'echo [secret]'],
        ['plan:step', 'hello', 'echo hello'],
      ],
    )
    for (const line of stderr.trimEnd().split('\n')) JSON.parse(line)
    assert.ok(!`${stdout}${stderr}`.includes('very-s3cret'))
  }
})

test('--output jsonl prints one event a line, from run:start to run:end', () => {
  const events = shipit(['test', 'hello', '-o', 'jsonl', '--no-log'])
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; exit?: number })
  assert.equal(events[0]!.type, 'run:start')
  assert.equal(events.at(-1)!.type, 'run:end')
  assert.equal(events.at(-1)!.exit, 0)
})

test('a plan is alone on stdout, and --dry-run prints the same', () => {
  const plan = shipit(['test', 'plan', 'hello'])
  assert.equal(plan.code, 0)
  assert.match(plan.stdout, /^plan of shop test hello\n/)
  assert.match(plan.stdout, /1\. hello on h1\n {3}hello {2}echo hello\n/)
  assert.equal(shipit(['test', 'hello', '-n']).stdout, plan.stdout)
})

test('a failure is reported once, with its hint', () => {
  const ran = shipit(['test', 'broken', '--no-log'])
  assert.equal(ran.code, 1)
  assert.equal(ran.stdout.match(/try something else/g)?.length, 1)
  assert.match(ran.stdout, /broken on h1: exit 3/)
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`${signal} ends the running steps and exits ${code}`, async () => {
    const child = spawn(process.execPath, [bin, 'test', 'slow', '--no-log'], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    const began = new Promise<void>((done) => child.stdout.on('data', (chunk: Buffer) => ((out += chunk), out.includes('began') && done())))
    await began
    child.kill(signal)
    const [exit] = await new Promise<[number | null]>((done) => child.on('close', (...end) => done(end as never)))
    assert.equal(exit, code)
    assert.match(out, /interrupted/)
    assert.equal(alive(readFileSync(join(dir, 'slow.pid'), 'utf8').trim()), false)
  })
}

/** A zombie is dead: the first process of a container may never reap it. */
const alive = (pid: string): boolean => {
  assert.match(pid, /^\d+$/)
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}
