import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sh } from '../../src/shell/sh.ts'
import { write } from '../../src/shell/write.ts'
import type { AnyTask, StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet } from './support.ts'

let fleet: Fleet
let dir: string
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'shipit-local-'))
  fleet = await startFleet(['a', 'b'])
})
after(async () => {
  rmSync(dir, { recursive: true, force: true })
  await fleet.stop()
})

type Ran = Awaited<ReturnType<Fleet['run']>>
const reached = (ran: Ran) => ran.events.flatMap((event) => (event.type === 'host:connecting' ? [event.host] : []))
const here = (text: string): AnyTask => ({ on: 'local', steps: ({ host }: StepsContext) => [sh`echo ${text} ${host.name}`] })
const tasks = { one: here('one'), two: here('two'), both: { sequence: ['one', 'two'] }, there: { on: 'all', steps: () => [sh`true`] } }
const none = { stages: { test: { servers: [] } } }

test('local tasks connect to no host', async () => {
  const ran = await fleet.run(['both', 'one'], { config: { tasks } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(reached(ran), ['local'])
  let title = ''
  const plan = await fleet.run(['both'], { config: { tasks }, planOnly: true, onTitle: (text) => (title = text) })
  assert.deepEqual([plan.exit, reached(plan)], [0, ['local']])
  assert.match(title, /\nNo host was read; nothing was written\.$/)
})

test('local tasks run in a stage without servers, and their hooks for hosts are skipped', async () => {
  const ran = await fleet.run(['both'], { config: { ...none, tasks, hooks: { after: { two: 'there' } } } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(reached(ran), ['local'])
  assert.deepEqual(
    ran.events.flatMap((event) => (event.type === 'step:output' ? [event.line] : [])),
    ['one local', 'two local'],
  )
})

test('a local code task runs in a stage without servers', async () => {
  const code: AnyTask = {
    on: 'local',
    run: async ({ local, hosts, log }) => log.info(`${await local.capture`echo hi`} ${hosts('all').length}`),
  }
  const ran = await fleet.run(['code'], { config: { ...none, tasks: { code } } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.ok(ran.events.some((event) => event.type === 'log' && event.message === 'hi 0'))
})

test('a task for hosts, a deploy and a rollback are errors in a stage without servers', async () => {
  for (const name of ['there', 'deploy', 'deploy:rollback'])
    await assert.rejects(fleet.run([name], { config: { ...none, tasks } }), (error: { message: string; hint: string; exit: number }) => {
      assert.equal(error.message, `${name} runs on no host`)
      assert.equal(error.hint, 'test has no servers')
      return error.exit === 2
    })
})

test('write() works in a local task', async () => {
  const text = "it's $HOME\n"
  const own: AnyTask = { on: 'local', steps: () => [write(join(dir, 'deep/er/file'), text, { mode: '0600' })] }
  for (const expected of [true, false]) {
    const before = expected ? undefined : statSync(join(dir, 'deep/er/file')).ino
    const ran = await fleet.run(['own'], { config: { ...none, tasks: { own } } })
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
    assert.equal(readFileSync(join(dir, 'deep/er/file'), 'utf8'), text)
    const { ino, mode } = statSync(join(dir, 'deep/er/file'))
    assert.equal(mode & 0o777, 0o600)
    if (!expected) assert.equal(ino, before)
  }
})

test('write() on hosts uses the home of the login, and fails with its check', async () => {
  const put: AnyTask = { on: 'all', steps: ({ host }: StepsContext) => [write('~/srv/x.conf', host.name, { check: ['grep', '-q', 'a'] })] }
  const ran = await fleet.run(['put'], { config: { tasks: { put } } })
  assert.equal(ran.exit, 1)
  assert.equal(readFileSync(fleet.on('a', 'x.conf'), 'utf8'), 'a')
  assert.throws(() => readFileSync(fleet.on('b', 'x.conf')), { code: 'ENOENT' })
  assert.deepEqual(
    ran.failures.map(({ host, command }) => [host, command]),
    [['b', '# write ~/srv/x.conf']],
  )
})

test('code writes and reads files of this machine, and runs steps there', async () => {
  const file = join(dir, 'of-code/file')
  const code: AnyTask = {
    on: 'local',
    run: async ({ local, log }) => {
      await local.write(file, 'one\n', { mode: '0600' })
      await local.steps([sh`cat >>${file}`.stdin('two\n'), false])
      log.info((await local.read(file)).replaceAll('\n', ' '))
    },
  }
  const ran = await fleet.run(['code'], { config: { ...none, tasks: { code } } })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(readFileSync(file, 'utf8'), 'one\ntwo\n')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(ran.events.some((event) => event.type === 'log' && event.message === 'one two '))
})
