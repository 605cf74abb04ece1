import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { configText, place, type Place } from '../support/place.ts'

let project: Place
before(() => {
  project = place()
  project.write({
    'deploy.config.ts': configText(`
  deployTo: '${project.dir}/srv', ssh: { transport: 'local' },
  stages: {
    test: { servers: ['h1'], linkedFiles: ['plain', { path: '.env', from: ({ stage }) => '.env.' + stage }, { path: 'key', from: 'keys/key' }] },
    two: { servers: ['h1', 'h2'], linkedFiles: [{ path: '.env', from: '.env.test' }] },
    none: { servers: ['h1'], linkedFiles: ['plain'] },
    apart: { servers: [{ host: 'h1', roles: ['x'], release: false }], linkedFiles: [{ path: '.env' }] },
  },`),
  })
})
after(() => project.remove())
beforeEach(() => {
  for (const name of ['srv', '.env.test', 'keys']) rmSync(join(project.dir, name), { recursive: true, force: true })
})

const shipit = (...args: string[]) =>
  project.shipit([...args, ...(args.includes('linked:diff') || args.includes('--tasks') ? [] : ['--no-log'])])

test('linked files are sent, compared and fetched by the commands', async () => {
  project.write({ '.env.test': 'A=one-secret\nB=2\n', 'keys/key': 'k' })
  const pushed = await shipit('test', 'linked:push')
  assert.equal(pushed.code, 0, pushed.stdout + pushed.stderr)
  assert.match(pushed.stdout, /srv\/shared\/\.env was missing, and was sent/)
  assert.match(pushed.stdout, /2 files sent, 1 host has all 2 files as here/)
  assert.equal(readFileSync(join(project.dir, 'srv/shared/.env'), 'utf8'), 'A=one-secret\nB=2\n')

  project.write({ '.env.test': 'A=two-secret\nC=3\n' })
  const compared = await shipit('test', 'linked:diff', '--check')
  assert.equal(compared.code, 1)
  assert.match(compared.stdout, /another value: A\n +only here: C\n +only there: B\n/)
  assert.match(compared.stdout, /to send the files of this machine: shipit test linked:push\n$/)
  assert.doesNotMatch(compared.stdout + compared.stderr, /secret/)
  const content = await shipit('test', 'linked:diff', '.env.test', '--content')
  assert.equal(content.code, 0)
  assert.match(content.stdout, /-A=one-secret\n.*\n? *\+A=two-secret/)
  const json = JSON.parse((await shipit('test', 'linked:diff', '--json')).stdout) as { differs: boolean; files: { hosts: object[] }[] }
  assert.deepEqual(json.differs, true)
  assert.deepEqual(json.files[0]!.hosts, [
    { host: 'h1', state: 'differs', bytes: 17, keys: { onlyThere: ['B'], onlyHere: ['C'], changed: ['A'] } },
  ])

  const asks = await shipit('test', 'linked:pull', '.env')
  assert.equal(asks.code, 2)
  assert.match(asks.stdout, /there is no terminal: \.env\.test differs: 17 bytes here, 17 bytes on h1\. Replace the one here\?/)
  assert.equal(project.read('.env.test'), 'A=two-secret\nC=3\n')
  const pulled = await shipit('test', 'linked:pull', '.env', '--yes')
  assert.equal(pulled.code, 0, pulled.stdout)
  assert.match(pulled.stdout, /\.env was fetched to \.env\.test/)
  assert.equal(project.read('.env.test'), 'A=one-secret\nB=2\n')
  assert.equal((await shipit('test', 'linked:diff', '--check')).code, 0)
})

for (const [words, message] of [
  [['test', 'linked:push', 'plain'], /the config does not say where plain is on this machine\n.*path: 'plain', from: 'plain'/],
  [['test', 'linked:push', '.evn'], /\.evn is not a linked file of test.*\.env/],
  [['test', 'linked:push'], /\.env\.test, \S+key do not exist on this machine/],
  [['none', 'linked:diff'], /the config does not say where the linked files of none are/],
  [['two', 'linked:pull', '--hosts', '/h/'], /linked:pull fetches from one host, and --hosts leaves h1, h2\n.*--hosts h1/],
  [['apart', 'linked:push'], /none of the hosts gets releases/],
] as const)
  test(`shipit ${words.join(' ')} refuses what it cannot do before it connects`, async () => {
    const ran = await shipit(...words)
    assert.equal(ran.code, 2, ran.stdout + ran.stderr)
    assert.match(ran.stderr, message)
    assert.equal(existsSync(join(project.dir, 'srv')), false)
  })

test('--tasks lists the commands where the config has files for them, and Tab completes their paths', async () => {
  assert.match(
    (await shipit('test', '--tasks', 'linked:')).stdout,
    /^linked:diff +Compare linked files with those of this machine\nlinked:pull .*\nlinked:push .*\n$/,
  )
  assert.equal((await shipit('none', '--tasks', 'linked:p')).code, 2)
  const words = await project.shipit(['completion', 'words', 'zsh', '--', 'test', 'linked:push', 'k'])
  assert.match(words.stdout, /key/, words.stderr)
})

test('shipit config shows where linked files are on this machine', async () => {
  const { stdout } = await project.shipit(['test', 'config', 'linkedFiles', '--json'])
  assert.match(stdout.replaceAll(/\s+/g, ' '), /"plain", \{ "path": "\.env", "from": "\.env\.test", "upload": false \}/)
})
