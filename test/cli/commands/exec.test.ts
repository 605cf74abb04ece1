import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needs } from '../../support/needs.ts'
import { freePort } from '../../support/port.ts'
import { startSshd, type Sshd } from '../../support/sshd.ts'
import { alive, pidsIn, until } from '../../transport/contract-support.ts'
import { configText, place, type Place } from '../support/place.ts'
import { terminals } from '../support/terminal.ts'

const skip = needs('sshd', 'ssh')
let server: Sshd
let project: Place
let dead: number
const children: ChildProcess[] = []
before(async () => {
  project = place()
  dead = await freePort()
  if (!skip) server = await startSshd()
  const names = Array.from({ length: 14 }, (_, i) => `w${i + 1}`)
  project.write({
    'deploy.config.ts': configText(`
  deployTo: '${project.dir}/srv', env: { TOKEN: secret('hunter2-of-ours'), COLOUR: 'blue' },
  ssh: { configFile: '${skip ? 'none' : server.configFile}' },
  stages: {
    one: { servers: ['h1'], ssh: { transport: 'local' } },
    three: { servers: { app: ['h1', 'h2'], db: ['h3'] }, ssh: { transport: 'local' } },
    many: { servers: ${JSON.stringify(names)}, ssh: { transport: 'local' } },
    mixed: { servers: [{ host: 'h1', ssh: { transport: 'local' } }, { host: 'h2', ssh: { transport: 'local' } }, { host: '127.0.0.1', port: ${dead} }] },
    remote: { servers: [{ host: '127.0.0.1', port: ${skip ? 22 : server.port} }, { host: 'localhost', port: ${skip ? 22 : server.port} }], ssh: { hostKeys: 'accept-new' } },
    own: { servers: [], tasks: { exec: { on: 'local', description: 'Run ours', steps: () => [sh\`echo ours\`] } } },
  },`),
  })
})
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await server?.stop()
  project.remove()
})

const shipit = (stage: string, ...args: string[]) => project.shipit([stage, 'exec', '--no-log', ...args])

test('exec shows what one host prints, unchanged, and exits with 0', async () => {
  assert.deepEqual(await shipit('one', '--', 'sh', '-c', 'echo out; echo err >&2'), { code: 0, stdout: 'out\n', stderr: 'err\n' })
})

test('exec passes arguments as they were typed, and takes one with blanks as a line of shell', async () => {
  assert.equal(
    (await shipit('one', '--', 'printf', '%s|', 'a b', '$HOME', "it's", '*', '', ';', '--json')).stdout,
    "a b|$HOME|it's|*||;|--json|\n",
  )
  assert.equal((await shipit('one', '--', 'false; echo "$COLOUR" | tr a-z A-Z')).stdout, 'BLUE\n')
  assert.match((await shipit('one', '--', 'A=b')).stderr, /A=b: not found/)
})

test('exec shows equal answers once, with how many hosts gave them', async () => {
  assert.deepEqual(await shipit('many', '--', 'echo', '12.5'), { code: 0, stdout: '×14  w1 … w14  12.5\n', stderr: '' })
  assert.equal((await shipit('three', '--', 'true')).stdout, '×3  h1, h2, h3  (no output)\n')
  assert.equal((await shipit('three', '--', 'seq', '2')).stdout, '×3  h1, h2, h3\n  1\n  2\n')
})

test('exec shows a host apart whose answer differs', async () => {
  mkdirSync(join(project.dir, 'turn'), { recursive: true })
  const line = `cd ${project.dir}/turn && if mkdir taken 2>/dev/null; then echo 12.4; else echo 12.5; fi`
  const { code, stdout } = await shipit('many', '--', line)
  assert.equal(code, 0)
  assert.match(stdout, /^×13 {2}w\d+ … w\d+ +12\.5\nw\d+ +12\.4\n$/)
})

test('exec names the hosts where the command fails, with its output, and exits with 1', async () => {
  const { code, stdout, stderr } = await shipit('three', '--', 'echo broken >&2; exit 3')
  assert.deepEqual([code, stdout], [1, '✖ ×3  h1, h2, h3: exit 3\n  broken\n'])
  assert.match(stderr, /✖ failed on 3 of 3 hosts: h1, h2, h3\n$/)
  assert.deepEqual(await shipit('one', '--', 'exit 3; true'), { code: 1, stdout: '', stderr: '✖ on h1: exit 3\n' })
})

test('exec runs on the other hosts when one cannot be reached, and exits with 3', async () => {
  const { code, stdout, stderr } = await shipit('mixed', '--', 'echo', 'hi')
  assert.deepEqual([code, stdout], [3, '×2  h1, h2  hi\n'])
  assert.match(stderr, /✖ on 127\.0\.0\.1:\d+: cannot connect/)
  assert.match(stderr, /✖ no answer from 1 of 3 hosts: 127\.0\.0\.1:\d+\n$/)
})

test('exec --json prints an object for each host', async () => {
  const { code, stdout } = await shipit('mixed', '--json', '--', 'echo out; echo err >&2; exit 4')
  const [first, , third] = JSON.parse(stdout)
  assert.equal(code, 3)
  assert.deepEqual(first, { host: 'h1', ok: false, exit: 4, stdout: 'out\n', stderr: 'err\n', error: 'exit 4' })
  assert.deepEqual([third.ok, third.exit, third.stdout], [false, null, ''])
  assert.match(third.error, /cannot connect/)
})

test('exec takes the hosts of --hosts and --roles', async () => {
  assert.equal((await shipit('three', '--roles', 'app', '--', 'echo', 'hi')).stdout, '×2  h1, h2  hi\n')
  assert.equal((await shipit('three', '--hosts', 'h3', '--', 'echo', 'hi')).stdout, 'hi\n')
})

test('exec masks secrets, and removes what would move the cursor', async () => {
  const { stdout } = await shipit('one', '--', `echo "$TOKEN"; printf '\\033[2Jclean\\033]0;owned\\007\\n'`)
  assert.equal(stdout, '[secret]\nclean\n')
  const json = await shipit('one', '--json', '--', 'echo', 'hunter2-of-ours')
  assert.doesNotMatch(json.stdout, /hunter2/)
  const logged = await project.shipit(['one', 'exec', '--log', 'run.log', '--', 'echo', 'hunter2-of-ours'])
  assert.equal(logged.stdout, '[secret]\n')
  assert.match(project.read('run.log'), /echo \[secret\]/)
  assert.doesNotMatch(project.read('run.log'), /hunter2/)
})

test('exec --in runs in a place of the deploy, and says so where nothing is live yet', async () => {
  const nowhere = await shipit('one', '--in', 'current', '--', 'pwd')
  assert.equal(nowhere.code, 1)
  assert.match(nowhere.stderr, /nothing is live there; this puts a release on every host that gets one: shipit one deploy\n/)
  assert.equal((await shipit('one', '--in', '/tmp', '--', 'pwd')).stdout, '/tmp\n')
  const srv = join(project.dir, 'srv')
  mkdirSync(join(srv, 'releases/20261125101112/config'), { recursive: true })
  mkdirSync(join(srv, 'shared/log'), { recursive: true })
  symlinkSync(join(srv, 'releases/20261125101112'), join(srv, 'current'))
  for (const [at, dir] of [
    ['current', 'current'],
    ['release', 'releases/20261125101112'],
    ['release/config', 'releases/20261125101112/config'],
    ['shared/log', 'shared/log'],
  ])
    assert.equal((await shipit('one', '--in', at!, '--', 'pwd')).stdout, `${srv}/${dir}\n`)
  assert.equal((await shipit('one', '--in', 'release', '--', 'echo "$PWD" "$COLOUR"')).stdout, `${srv}/releases/20261125101112 blue\n`)
})

test('exec --as runs it as another account, and --sudo as sudo alone', { skip: needs('root', 'sudo') }, async () => {
  assert.equal((await shipit('one', '--as', 'nobody', '--in', '/tmp', '--', 'echo "$(id -un) $COLOUR $PWD"')).stdout, 'nobody blue /tmp\n')
  assert.equal((await shipit('one', '--sudo', '--', 'id -un; id -gn')).stdout, 'root\nroot\n')
  assert.equal((await shipit('one', '--sudo', '--in', 'shared', '--', 'pwd')).stdout, `${project.dir}/srv/shared\n`)
})

test('a mistake in exec is an error before anything is connected, with what to type', async () => {
  for (const [args, message, hint] of [
    [[], 'which command is to run on the hosts?', 'shipit one exec -- uptime'],
    [['--'], 'which command is to run on the hosts?', 'shipit one exec -- uptime'],
    [['uptime'], 'the command follows --', 'shipit one exec -- uptime'],
    [['--as', 'app', 'id'], 'the command follows --', 'shipit one exec --as app -- id'],
    [['x', '--', 'id'], 'exec takes nothing but options before --, and not x', 'shipit one exec -- uptime'],
    [
      ['--in', 'nowhere', '--', 'ls'],
      '--in nowhere: unknown place',
      'current, release, shared, a path in one of them, or a path from / or ~/',
    ],
    [['--as', 'a', '--sudo', '--', 'ls'], '--as and --sudo exclude each other', '--as root runs it as root, in a shell of root'],
    [
      ['--sudo', '--', 'cd', '/'],
      '--sudo: sudo takes one command, and cd / begins with cd, which is part of the shell, not a program',
      'use --as root',
    ],
    [['--output', 'jsonl', '--', 'ls'], /^--output has no effect in a command on the hosts, /, 'type --json instead of it'],
  ] as const) {
    const { code, stdout, stderr } = await project.shipit(['one', 'exec', ...args])
    const [first = '', second = ''] = stderr.split('\n')
    assert.deepEqual([code, stdout, second.trim()], [2, '', hint], stderr)
    if (typeof message === 'string') assert.equal(first, `shipit: ${message}`)
    else assert.match(first.slice('shipit: '.length), message)
  }
  assert.ok(!existsSync(join(project.dir, 'log')))
})

test('a task called exec runs instead of the command', async () => {
  assert.match((await project.shipit(['own', 'exec', '--no-log'])).stdout, /ours/)
})

test('exec cuts many lines of several hosts, says how many are missing, and streams those of one', async () => {
  const many = await shipit('three', '--', 'seq', '200000')
  assert.match(many.stdout, /\n {2}… \d+ more lines: to see all of it, shipit three exec --hosts h1 -- seq 200000\n$/)
  assert.ok(many.stdout.length < 2 ** 21)
  const one = await shipit('one', '--', 'seq', '200000')
  assert.equal(one.stdout.length, 1288895)
})

test('Ctrl-C ends the command on every host, shows what it printed, and exits with 130', { skip }, async () => {
  const pids = join(project.dir, 'pids')
  const child = project.spawn(['remote', 'exec', '--no-log', '--', `echo begun; echo $$ >>${pids}; sleep 1000; echo over`])
  children.push(child)
  let out = ''
  let err = ''
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (err += chunk))
  await until(() => existsSync(pids) && readFileSync(pids, 'utf8').split('\n').length > 2, 'both run')
  const running = await pidsIn(pids)
  child.kill('SIGINT')
  assert.equal((await once(child, 'close'))[0], 130)
  assert.match(out, /^✖ ×2 .*: cancelled\n {2}begun\n$/)
  assert.match(err, /✖ interrupted\n$/)
  assert.deepEqual(running.filter(alive), [])
})

test('exec fits a terminal of 80 columns', { skip: needs('tmux') }, async () => {
  const terminal = terminals()
  const seen = terminal('many', project.words('many', 'exec', '--no-log', '--', 'seq 3; exit 1'), {
    cwd: project.dir,
    env: { HOME: project.home },
  })
  const screen = await seen.until(/^exit 1$/m)
  assert.match(screen, /^✖ ×14 {2}w1 … w14: exit 1\n {2}1\n {2}2\n {2}3\n\n✖ failed on 14 of 14 hosts: w1, w2, .*\n  w13, w14\nexit 1$/)
})
