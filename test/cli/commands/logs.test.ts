import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { needs } from '../../support/needs.ts'
import { freePort } from '../../support/port.ts'
import { startSshd, type Sshd } from '../../support/sshd.ts'
import { alive, pidsIn, until } from '../../transport/contract-support.ts'
import { place, type Place } from '../support/place.ts'
import { terminals } from '../support/terminal.ts'

const skip = needs('sshd', 'ssh')
let servers: readonly Sshd[] = []
let project: Place
const children: ChildProcess[] = []
const NAMES = ['first', 'second']
const logFile = (host: string, name: string): string => join(project.dir, `home-${host}`, 'srv/shared/log', name)

before(async () => {
  if (skip) return
  project = place()
  for (const name of NAMES) mkdirSync(join(project.dir, `home-${name}`))
  servers = await Promise.all(
    NAMES.map((name) => startSshd({ config: [`SetEnv SHLVL=2 TZ=UTC HOME=${join(project.dir, `home-${name}`)}`] })),
  )
  project.write({
    ssh_config:
      servers
        .map(
          (server, i) =>
            `Host ${NAMES[i]}\n  HostName 127.0.0.1\n  Port ${server.port}\n  UserKnownHostsFile ${server.knownHosts}\n  IdentityFile ${server.keyFile}\n`,
        )
        .join('') + `Host gone\n  HostName 127.0.0.1\n  Port ${await freePort()}\nHost *\n  IdentitiesOnly yes\n`,
    'deploy.config.ts': `import { defineRecipe, secret, sh } from 'shipit-ts'
const mail = defineRecipe({ name: 'mail', logs: ({ log }) => ({
  mail: sh\`printf '2001-11-30T10:00:02+0000 sent\\n'; \${log.follow ? sh\`echo $$ >>${project.dir}/pids; exec sleep 1000\` : sh\`true\`}\`,
  none: false,
}) })
const broken = defineRecipe({ name: 'broken', logs: () => ({ broken: sh\`echo no such unit >&2; exit 3\` }) })
export default {
  application: 'shop', deployTo: '~/srv', linkedDirs: ['log', 'public'], env: { TOKEN: secret('hunter2-of-ours') },
  ssh: { user: '${servers[0]!.user}', configFile: '${project.dir}/ssh_config' },
  stages: {
    test: { servers: ['first', 'second'] },
    one: { servers: ['first'], use: [mail()] },
    broken: { servers: ['first'], use: [broken(), mail()] },
    gone: { servers: ['first', 'gone'] },
    own: { servers: [], tasks: { logs: { on: 'local', description: 'Show ours', steps: () => [sh\`echo ours\`] } } },
  },
}
`,
  })
})
beforeEach(() => {
  if (skip) return
  for (const host of NAMES) {
    rmSync(join(project.dir, `home-${host}/srv`), { recursive: true, force: true })
    mkdirSync(join(project.dir, `home-${host}/srv/shared/log`), { recursive: true })
  }
  rmSync(join(project.dir, 'pids'), { force: true })
})
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(servers.map((server) => server.stop()))
  project?.remove()
})

const stamp = (second: number, text: string): string => `I, [2001-11-30T10:00:0${second}.000000 #1] ${text}\n`
const logs = (stage: string, ...args: string[]) => project.shipit([stage, 'logs', ...args])

test('logs shows the files of all hosts as one, by time, with their host and name', { skip }, async () => {
  writeFileSync(logFile('first', 'production.log'), `${stamp(1, 'one')}  trace of one\n\n${stamp(4, 'four of hunter2-of-ours')}`)
  writeFileSync(logFile('second', 'production.log'), stamp(3, 'three\u001b[2J'))
  writeFileSync(logFile('second', 'access.log'), '10.0.0.1 - - [30/Nov/2001:11:00:02 +0100] "GET /"\n')
  writeFileSync(logFile('second', 'production.log.1'), stamp(0, 'rotated'))
  const { code, stdout, stderr } = await logs('test')
  assert.deepEqual([code, stderr], [0, ''])
  assert.deepEqual(stdout.split('\n'), [
    'first   production  I, [2001-11-30T10:00:01.000000 #1] one',
    'first   production    trace of one',
    'first   production  ',
    'second  access      10.0.0.1 - - [30/Nov/2001:11:00:02 +0100] "GET /"',
    'second  production  I, [2001-11-30T10:00:03.000000 #1] three',
    'first   production  I, [2001-11-30T10:00:04.000000 #1] four of [secret]',
    '',
  ])
})

test('logs NAME shows one, --lines its end, --since what is new enough', { skip }, async () => {
  writeFileSync(logFile('first', 'production.log'), [1, 2, 3].map((second) => stamp(second, `${second}`)).join(''))
  writeFileSync(logFile('first', 'other.log'), stamp(2, 'other'))
  const shown = async (...args: string[]) =>
    (await logs('one', ...args)).stdout
      .replaceAll(/ {2,}I, \[.* #1\]/g, '')
      .split('\n')
      .slice(0, -1)
  assert.deepEqual(await shown('production', '--lines', '2'), ['production 2', 'production 3'])
  assert.deepEqual(await shown('other'), ['other other'])
  assert.deepEqual(await shown('production', '--since', '2001-11-30T10:00:03Z'), ['production 3'])
  assert.deepEqual(await shown('production', '--since', '1s'), [])
  assert.deepEqual(await shown('mail'), ['mail  2001-11-30T10:00:02+0000 sent'])
  const cut = await logs('one', 'production', '--lines', '1', '--since', '2001-11-30')
  assert.match(cut.stderr, /^⚠ first: only the last 1 line of production were read\n$/)
})

test('logs names those that there are, if there is none with that name', { skip }, async () => {
  writeFileSync(logFile('first', 'production.log'), stamp(1, 'one'))
  const wrong = await logs('one', 'puma')
  assert.equal(wrong.code, 1)
  assert.equal(wrong.stderr, '✖ there is no log puma\n  → there are mail, production: shipit one logs mail\n✖ failed\n')
  const only = await logs('test', 'puma')
  assert.match(only.stderr, /^✖ there is no log puma\n  → the only one is production: shipit test logs production\n/)
  const none = await logs('test', '--hosts', 'second')
  assert.equal(none.code, 1)
  assert.match(none.stderr, /^✖ no log was found\n/)
})

test('logs shows the others where a log cannot be read, or a host not be reached', { skip }, async () => {
  writeFileSync(logFile('first', 'production.log'), stamp(1, 'one'))
  const broken = await logs('broken')
  assert.equal(broken.code, 1)
  assert.match(broken.stdout, /production .* one\n.*mail .* sent\n/s)
  assert.match(broken.stderr, /first: no such unit\n✖ broken on first: exit 3\n/)
  const gone = await logs('gone')
  assert.equal(gone.code, 3)
  assert.match(gone.stdout, /first +production .* one/)
  assert.match(gone.stderr, /✖ no answer from 1 of 2 hosts: gone\n$/)
})

const started = (...args: string[]) => {
  const child = project.spawn(args)
  children.push(child)
  const text = { out: '', err: '' }
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (text.out += chunk))
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (text.err += chunk))
  return { child, text, exit: once(child, 'close') as Promise<[number | null]> }
}

test('logs --follow goes on until Ctrl-C, which exits with 0 and leaves no process on the hosts', { skip }, async () => {
  for (const host of NAMES) writeFileSync(logFile(host, 'production.log'), stamp(1, `begun on ${host}`))
  const { child, text, exit } = started('test', 'logs', '-F')
  await until(() => /begun on first/.test(text.out) && /begun on second/.test(text.out), 'both follow')
  appendFileSync(logFile('second', 'production.log'), stamp(5, 'more'))
  await until(() => /^second +production .* more$/m.test(text.out), 'it goes on')
  rmSync(logFile('first', 'production.log'))
  writeFileSync(logFile('first', 'production.log'), stamp(6, 'rotated'))
  await until(() => /^first +production .* rotated$/m.test(text.out), 'a new file of the same name is followed')
  child.kill('SIGINT')
  assert.equal((await exit)[0], 0, text.err)
})

test('logs --follow follows the commands of recipes beside the files, and ends both', { skip }, async () => {
  writeFileSync(logFile('first', 'production.log'), stamp(1, 'begun'))
  const { child, text, exit } = started('one', 'logs', '--follow')
  await until(() => /begun/.test(text.out) && /sent/.test(text.out), 'both are shown')
  const pids = await pidsIn(join(project.dir, 'pids'))
  child.kill('SIGINT')
  assert.equal((await exit)[0], 0, text.err)
  assert.deepEqual(pids.filter(alive), [])
})

test('a mistake in logs is an error before anything is connected', { skip }, async () => {
  for (const [args, message] of [
    [['a', 'b'], 'logs shows one log or all, not a b'],
    [['--lines', 'x'], '--lines x: not a number of lines'],
    [['--lines', '10001'], '--lines 10001: at most 10000'],
    [['--since', 'yesterday'], '--since yesterday: not a time'],
    [['--lines'], '--lines needs a value'],
  ] as const) {
    const { code, stderr } = await logs('one', ...args)
    assert.deepEqual([code, stderr.split('\n')[0]], [2, `shipit: ${message}`])
  }
})

test('a task called logs runs instead of the command', { skip }, async () => {
  assert.match((await project.shipit(['own', 'logs', '--no-log'])).stdout, /ours/)
})

test('logs --follow ends in a terminal with Ctrl-C', { skip: skip || needs('tmux') }, async () => {
  writeFileSync(logFile('first', 'production.log'), stamp(1, 'begun'))
  const seen = terminals()('logs', project.words('one', 'logs', '-F'), { cwd: project.dir, env: { HOME: project.home } })
  await seen.until(/begun/)
  seen.keys('C-c')
  assert.match(await seen.until(/^exit 0$/m), /^production {2}I, .* begun$/m)
})
