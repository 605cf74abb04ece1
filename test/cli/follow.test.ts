import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'
import { alive, pidsIn, until } from '../transport/contract-support.ts'
import { configText, place, type Place } from './support/place.ts'

const skip = needs('sshd', 'ssh')
let servers: Sshd[] = []
let project: Place
const file = (name: string): string => join(project.dir, name)

before(async () => {
  if (skip) return
  servers = await Promise.all([startSshd(), startSshd()])
  project = place()
  const names = ['first', 'second']
  project.write({
    log: '',
    ssh_config:
      servers
        .map(
          (server, i) =>
            `Host ${names[i]}\n  HostName 127.0.0.1\n  Port ${server.port}\n  UserKnownHostsFile ${server.knownHosts}\n  IdentityFile ${server.keyFile}\n`,
        )
        .join('') + `Host *\n  IdentitiesOnly yes\n`,
    'deploy.config.ts': configText(`
  repoUrl: 'unused', deployTo: '~/shop',
  ssh: { user: '${servers[0]!.user}', configFile: '${project.dir}/ssh_config' },
  tasks: {
    log: { description: 'Follow the log', shows: true, steps: ({ host }) => [
      sh\`echo "$$" >>pids.\${host.name}; exec tail -n 1 -f log\`.in('${project.dir}').follow(),
    ] },
    breaks: { shows: true, steps: ({ host }) => [sh\`if [ \${host.name} = first ]; then echo broken >&2; exit 9; fi; exec tail -f log\`.in('${project.dir}').follow()] },
    short: { shows: true, steps: () => [sh\`echo over\`.follow()] },
    more: { steps: () => [sh\`sleep 60\`.follow(), sh\`true\`] },
    code: { shows: true, run: ({ on }) => on('first', (h) => h.run(sh\`tail -f log\`.in('${project.dir}').follow())) },
  },
  stages: { test: { servers: ['first', 'second'] }, one: { servers: ['first'] } },`),
  })
})
const children: ChildProcess[] = []
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(servers.map((server) => server.stop()))
  project?.remove()
})

const started = (...args: string[]) => {
  const child = project.spawn([...args, '--no-log'])
  children.push(child)
  const text = { out: '', err: '' }
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (text.out += chunk))
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => (text.err += chunk))
  return { child, text, exit: once(child, 'close') as Promise<[number | null]> }
}
const interrupted = async (child: ChildProcess, exit: Promise<[number | null]>): Promise<number | null> => {
  child.kill('SIGINT')
  return (await exit)[0]
}

test('a log is followed on two hosts until Ctrl-C, which exits 0 and leaves no process on the hosts', { skip }, async () => {
  writeFileSync(file('log'), 'begun\n')
  const { child, text, exit } = started('test', 'log')
  await until(() => /^first +begun$/m.test(text.out) && /^second +begun$/m.test(text.out), 'both follow')
  appendFileSync(file('log'), 'more\n')
  await until(() => /^first +more$/m.test(text.out) && /^second +more$/m.test(text.out), 'both go on')
  const pids = [...(await pidsIn(file('pids.first'))), ...(await pidsIn(file('pids.second')))]
  assert.ok(pids.every(alive))
  assert.equal(await interrupted(child, exit), 0)
  assert.equal(text.err, '')
  assert.match(text.out, /^((first |second)  (begun|more)\n){4}$/)
  assert.deepEqual(pids.filter(alive), [])
})

test('SIGTERM while following a log is an interrupted run', { skip }, async () => {
  writeFileSync(file('log'), 'begun\n')
  const { child, text, exit } = started('one', 'log')
  await until(() => text.out.includes('begun'))
  child.kill('SIGTERM')
  assert.equal((await exit)[0], 143)
  assert.match(text.err, /SIGTERM/)
})

test('a code task can follow a log', { skip }, async () => {
  writeFileSync(file('log'), 'begun\n')
  const { child, text, exit } = started('one', 'code')
  await until(() => text.out.includes('begun'))
  assert.equal(await interrupted(child, exit), 0)
  assert.equal(text.err, '')
})

test('a closed pipe ends the follow with exit 0', { skip }, async () => {
  writeFileSync(file('log'), 'begun\n')
  const { child, text, exit } = started('one', 'log')
  await until(() => text.out.includes('begun'))
  child.stdout!.destroy()
  const feed = setInterval(() => appendFileSync(file('log'), 'more\n'), 50)
  const [code] = await exit
  clearInterval(feed)
  assert.equal(code, 0)
})

test('a follow command that ends is like any other command', { skip }, async () => {
  const good = await project.shipit(['test', 'short', '--no-log'])
  assert.deepEqual([good.code, good.stdout.split('\n').toSorted().join('|'), good.stderr], [0, '|first   over|second  over', ''])
})

test('a follow command that fails on one host is reported, and the others go on', { skip }, async () => {
  writeFileSync(file('log'), 'begun\n')
  const { child, text, exit } = started('test', 'breaks')
  await until(() => text.out.includes('second  begun') && text.err.includes('✖ breaks on first: exit 9'))
  assert.equal(child.exitCode, null)
  assert.equal(await interrupted(child, exit), 1)
  assert.equal(text.err.match(/exit 9/g)!.length, 2)
})

test('a step after one that follows until Ctrl-C is refused', { skip }, async () => {
  const ran = await project.shipit(['one', 'more', '--no-log', '-o', 'plain'])
  assert.equal(ran.code, 2)
  assert.match(ran.stdout, /more follows until Ctrl-C: more would never run/)
})

test('a host lost while following is reported, the others go on, and the exit code is 3', { skip }, async () => {
  writeFileSync(file('log'), 'begun\n')
  const { child, text, exit } = started('test', 'log')
  await until(() => text.out.includes('first   begun') && text.out.includes('second  begun'))
  servers[0]!.dropConnections()
  await until(() => /^first +✖ connection lost/m.test(text.err))
  appendFileSync(file('log'), 'more\n')
  await until(() => text.out.includes('second  more'))
  assert.equal(child.exitCode, null)
  assert.equal(await interrupted(child, exit), 3)
  assert.match(text.err, /✖ log on first: connection lost/)
})
