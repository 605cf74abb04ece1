import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { linkedLines } from '../../src/cli/look/linked-text.ts'
import type { RunEvent } from '../../src/events/types.ts'
import { diffLinked, type LinkedDiff } from '../../src/run/linked-diff.ts'
import { pullLinked } from '../../src/run/linked-pull.ts'
import { pushLinked } from '../../src/run/linked-push.ts'
import type { LinkedFile } from '../../src/settings/linked-file.ts'
import { until } from '../transport/contract-support.ts'
import { startFleet, type Fleet, type Ran } from './support.ts'

let fleet: Fleet
/** the folder of the config */
let here: string
before(async () => {
  fleet = await startFleet(['a', 'b', 'c'])
  here = dirname(fleet.repo)
})
after(() => fleet.stop())
beforeEach(() => {
  for (const host of ['a', 'b', 'c']) rmSync(fleet.on(host, ''), { recursive: true, force: true })
  for (const name of ['.env.test', 'config']) rmSync(join(here, name), { recursive: true, force: true })
})

const put = (file: string, content: string | Buffer, mode?: number): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  if (mode !== undefined) chmodSync(file, mode)
}
const shared = (host: string, name: string): string => fleet.on(host, `shared/${name}`)
const text = (file: string): string => readFileSync(file, 'utf8')
const notes = (ran: Ran) => ran.events.flatMap((event) => (event.type === 'log' ? [`${event.host ?? ''}: ${event.message}`] : []))
const FILES: readonly LinkedFile[] = [{ path: '.env', from: '.env.test' }, { path: 'config/key' }]

const push = (files = FILES, hosts?: string, onEvent?: (event: RunEvent) => void): Promise<Ran> =>
  fleet.run([], {
    config: { linkedFiles: files },
    ...(hosts === undefined ? {} : { filter: { hosts } }),
    ...(onEvent && { onEvent }),
    look: async (request) => ({
      exit: await pushLinked({
        ...request,
        sources: request.stage.linkedSources,
        owner: 'anna@desk',
        ...(onEvent && { waitForLock: 60_000 }),
      }),
    }),
  })
const pull = (answer: boolean | 'nobody asks', files = FILES): Promise<Ran & { asked: string[] }> => {
  const asked: string[] = []
  const mayReplace = async (message: string): Promise<boolean> => {
    asked.push(message)
    if (answer === 'nobody asks') throw new Error('asked')
    return answer
  }
  return fleet
    .run([], {
      config: { linkedFiles: files },
      look: async (request) => ({
        exit: await pullLinked({ ...request, host: request.hosts[0]!, sources: request.stage.linkedSources, mayReplace }),
      }),
    })
    .then((ran) => ({ ...ran, asked }))
}
const diff = async (o: { content?: boolean; check?: boolean; files?: readonly LinkedFile[] } = {}) => {
  let result: LinkedDiff | undefined
  const ran = await fleet.run([], {
    config: { linkedFiles: o.files ?? FILES },
    look: async (request) => {
      const found = await diffLinked({
        ...request,
        sources: request.stage.linkedSources,
        content: o.content ?? false,
        check: o.check ?? false,
      })
      result = found.result
      return found
    },
  })
  const same = (one: string) => one
  const paint = { bold: same, dim: same, yellow: same, red: same, green: same } as never
  return { ran, exit: ran.exit, result: result!, lines: linkedLines(result!, { columns: 100, paint, push: 'PUSH' }).join('\n') }
}

test('linked:push makes all hosts have the files of this machine, says what changed, and keeps what it replaced', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  put(join(here, 'config/key'), 'k')
  put(shared('a', '.env'), 'KEY=old\n', 0o640)
  put(shared('b', '.env'), 'KEY=new\n')
  const ran = await push()
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  for (const host of ['a', 'b', 'c']) assert.deepEqual([text(shared(host, '.env')), text(shared(host, 'config/key'))], ['KEY=new\n', 'k'])
  assert.equal(statSync(shared('a', '.env')).mode & 0o777, 0o640)
  assert.equal(statSync(shared('c', '.env')).mode & 0o777, 0o600)
  const [kept] = readdirSync(fleet.on('a', '.shipit/replaced'))
  assert.equal(text(fleet.on('a', `.shipit/replaced/${kept}`)), 'KEY=old\n')
  assert.ok(notes(ran).includes(`a: ~/srv/shared/.env differed, and was replaced; the one before is ~/srv/.shipit/replaced/${kept}`))
  assert.ok(!notes(ran).some((note) => /^b: .*\.env/.test(note)))
  assert.equal(ran.end.headline, '5 files sent, 3 hosts have all 2 files as here')
  assert.equal((await push()).end.headline, 'nothing to send: 3 hosts have all 2 files as here')
})

test('linked:push removes no replaced file of another linked file whose name begins like its own', async () => {
  const kept = ['.env.1.20200101000000000', '.env.2.yml.20200101000000000', '.env.3']
  for (const name of kept) put(fleet.on('a', `.shipit/replaced/${name}`), name)
  for (const second of [1, 2, 3, 4, 5]) put(fleet.on('a', `.shipit/replaced/.env.2020010100000${second}000`), 'old')
  put(join(here, '.env.test'), 'KEY=new\n')
  put(shared('a', '.env'), 'KEY=old\n')
  assert.equal((await push([FILES[0]!], 'a')).exit, 0)
  const names = readdirSync(fleet.on('a', '.shipit/replaced'))
  assert.deepEqual(
    kept.filter((name) => !names.includes(name)),
    [],
  )
  assert.equal(names.length - kept.length, 5)
  assert.ok(!names.includes('.env.20200101000001000'))
})

test('linked:push keeps the file that it replaces if a machine whose clock was ahead has replaced five', async () => {
  for (const second of [1, 2, 3, 4, 5]) put(fleet.on('a', `.shipit/replaced/.env.2999010100000${second}000`), 'other')
  put(join(here, '.env.test'), 'KEY=new\n')
  put(shared('a', '.env'), 'KEY=old\n')
  assert.equal((await push([FILES[0]!], 'a')).exit, 0)
  const kept = readdirSync(fleet.on('a', '.shipit/replaced')).map((name) => text(fleet.on('a', `.shipit/replaced/${name}`)))
  assert.ok(kept.includes('KEY=old\n'), kept.join())
})

test('linked:push keeps what it replaces in a folder that is closed to other accounts', async () => {
  put(join(here, 'config/key'), 'new')
  put(shared('a', 'config/key'), 'old', 0o644)
  chmodSync(shared('a', 'config'), 0o700)
  assert.equal((await push([FILES[1]!], 'a')).exit, 0)
  assert.equal(readdirSync(fleet.on('a', '.shipit/replaced/config')).length, 1)
  assert.equal(statSync(fleet.on('a', '.shipit/replaced')).mode & 0o7, 0)
  assert.equal(statSync(fleet.on('a', '.shipit')).mode & 0o5, 0o5)
})

test('linked:push leaves a named pipe in the place of the file as it is', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  mkdirSync(fleet.on('a', 'shared'), { recursive: true })
  execFileSync('mkfifo', [shared('a', '.env')])
  const ran = await push([FILES[0]!], 'a')
  assert.equal(ran.exit, 1)
  assert.match(JSON.stringify(ran.failures), /is neither a file nor a folder.*nothing was changed/)
  assert.ok(lstatSync(shared('a', '.env')).isFIFO())
})

test('linked:pull and linked:diff refuse a named pipe on this machine, without waiting for a writer', async () => {
  const files = [FILES[0]!]
  put(shared('a', '.env'), 'KEY=a\n')
  mkdirSync(here, { recursive: true })
  execFileSync('mkfifo', [join(here, '.env.test')])
  const message = /\.env\.test is neither a file nor a folder/
  const pulled = await pull(true, files)
  assert.deepEqual([pulled.exit, pulled.asked], [2, []])
  assert.match(pulled.failures[0]!.reason, message)
  await assert.rejects(diff({ files }), message)
})

test('linked:push sends to the chosen hosts only, and to the others if one fails', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  mkdirSync(shared('b', '.env'), { recursive: true })
  const files = [FILES[0]!]
  assert.equal((await push(files, 'c')).exit, 0)
  assert.deepEqual([existsSync(shared('a', '.env')), existsSync(shared('c', '.env'))], [false, true])
  const ran = await push(files)
  assert.equal(ran.exit, 1)
  assert.equal(ran.end.headline, 'failed on 1 of 3 hosts: b')
  assert.match(JSON.stringify(ran.failures), /shared\/\.env is a directory/)
  assert.equal(text(shared('a', '.env')), 'KEY=new\n')
})

test('linked:push sends nothing while another run has the lock of a host, and says who has it', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  const running = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const deploy = fleet.run(['deploy'], {
    filter: { hosts: 'b' },
    config: { hooks: { before: { 'deploy:check': { run: () => (running.resolve(), over.promise) } } } },
  })
  await running.promise
  const refused = await push([FILES[0]!])
  assert.equal(refused.exit, 4)
  assert.deepEqual(
    refused.failures.map(({ host }) => host),
    ['b'],
  )
  assert.match(refused.failures[0]!.reason, /^locked by anna@desk: test deploy, since /)
  assert.equal(refused.end.headline, 'nothing was sent')
  for (const host of ['a', 'b', 'c']) assert.ok(!existsSync(shared(host, '.env')), host)
  const waiting = push([FILES[0]!], undefined, (event) => {
    if (event.type === 'log' && /waiting for the lock/.test(event.message)) over.resolve()
  })
  assert.equal((await deploy).exit, 0)
  assert.equal((await waiting).exit, 0)
  for (const host of ['a', 'b', 'c']) assert.equal(text(shared(host, '.env')), 'KEY=new\n')
})

test('linked:push has the lock of a host while it sends, under its own name, and leaves it free', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  const lock = fleet.on('a', '.shipit/lock')
  const isFree = () => spawnSync('flock', ['-n', lock, 'true']).status === 0
  const during: unknown[] = []
  const ran = await push([FILES[0]!], 'a', (event) => {
    if (event.type === 'step:start') during.push([isFree(), /test linked:push/.test(text(lock))])
  })
  assert.equal(ran.exit, 0)
  assert.deepEqual(during, [[false, true]])
  await until(isFree, 'the lock is free')
})

test('linked:push is refused while the hosts are locked by hand', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  put(fleet.on('a', '.shipit/hold'), 'ben@desk\n1767225600\nmoving the database\n')
  const ran = await push([FILES[0]!], 'a')
  assert.equal(ran.exit, 4)
  assert.match(ran.failures[0]!.reason, /moving the database/)
  assert.ok(!existsSync(shared('a', '.env')))
})

test('linked:push sends to the other hosts if one cannot be reached', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  fleet.cut('b', 'forGood')
  const ran = await push([FILES[0]!])
  fleet.mend('b')
  assert.equal(ran.exit, 3)
  assert.deepEqual(
    [text(shared('a', '.env')), existsSync(shared('b', '.env')), text(shared('c', '.env'))],
    ['KEY=new\n', false, 'KEY=new\n'],
  )
  assert.equal(ran.end.headline, 'no answer from 1 of 3 hosts: b')
})

test('linked:pull fetches from one host what this machine lacks, for this account alone, and asks for nothing', async () => {
  put(shared('a', '.env'), 'KEY=a\n', 0o644)
  put(shared('a', 'config/key'), Buffer.from([0, 255, 10]))
  put(shared('b', '.env'), 'KEY=b\n')
  const ran = await pull('nobody asks')
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(text(join(here, '.env.test')), 'KEY=a\n')
  assert.equal(statSync(join(here, '.env.test')).mode & 0o777, 0o600)
  assert.deepEqual(readFileSync(join(here, 'config/key')), Buffer.from([0, 255, 10]))
  assert.equal(ran.end.headline, '2 files fetched from a')
  assert.equal((await pull('nobody asks')).end.headline, 'nothing to fetch: the files here are those of a')
})

test('linked:pull replaces a file that differs here only if a person agrees', async () => {
  const files = [FILES[0]!]
  put(shared('a', '.env'), 'KEY=a\n', 0o644)
  put(join(here, '.env.test'), 'KEY=mine, longer\n', 0o640)
  const left = await pull(false, files)
  assert.deepEqual([left.exit, left.end.headline], [0, '1 file left as it is'])
  assert.deepEqual(left.asked, ['.env.test differs: 17 bytes here, 6 bytes on a. Replace the one here?'])
  assert.equal(text(join(here, '.env.test')), 'KEY=mine, longer\n')
  assert.equal((await pull(true, files)).exit, 0)
  assert.equal(text(join(here, '.env.test')), 'KEY=a\n')
  assert.equal(statSync(join(here, '.env.test')).mode & 0o777, 0o640)
})

test('linked:pull fetches the other files if the host lacks one, and fails', async () => {
  put(shared('a', 'config/key'), 'k')
  const ran = await pull('nobody asks')
  assert.equal(ran.exit, 1)
  assert.deepEqual(
    ran.failures.map(({ host, reason }) => `${host}: ${reason}`),
    ['a: the linked file ~/srv/shared/.env is missing'],
  )
  assert.equal(text(join(here, 'config/key')), 'k')
})

test('linked:pull replaces a link here, and not what it leads to', async () => {
  put(shared('a', 'config/key'), 'k')
  put(join(here, 'config/elsewhere'), 'mine')
  symlinkSync('elsewhere', join(here, 'config/key'))
  assert.equal((await pull(true, [FILES[1]!])).exit, 0)
  assert.ok(lstatSync(join(here, 'config/key')).isFile())
  assert.equal(text(join(here, 'config/elsewhere')), 'mine')
})

test('linked:diff names the keys that differ, folds equal hosts, and shows no value', async () => {
  put(join(here, '.env.test'), 'A=new-value\nB=2\n')
  put(join(here, 'config/key'), 'local-key')
  for (const host of ['a', 'b']) put(shared(host, '.env'), 'A=old-value\nC=3\n')
  put(shared('a', 'config/key'), 'local-key')
  put(shared('b', 'config/key'), 'other-key!')
  const { exit, lines, result, ran } = await diff()
  assert.equal(exit, 0, JSON.stringify(ran.failures))
  assert.equal(
    lines,
    `.env (.env.test, 16 bytes here)
  ⚠ a, b: differs, 16 bytes there, 16 bytes here
      another value: A
      only here: B
      only there: C
  ⚠ c: missing, and so is its directory

config/key (9 bytes here)
  ✔ a: the same
  ⚠ b: differs, 10 bytes there, 9 bytes here
  ⚠ c: missing, and so is its directory

⚠ 2 of 2 linked files are not the same as here
  to send the files of this machine: PUSH`,
  )
  for (const value of ['new-value', 'old-value', 'other-key', 'local-key'])
    assert.ok(!JSON.stringify([ran.events, result]).includes(value), value)
})

test('linked:diff shows what is in the files only if it is asked for', async () => {
  put(join(here, '.env.test'), 'A=new-value\nB=2\n')
  for (const host of ['a', 'b', 'c']) put(shared(host, '.env'), 'A=old-value\nB=2\n')
  const { lines, ran } = await diff({ content: true, files: [FILES[0]!] })
  assert.match(lines, /a, b, c: differs.*\n {6}-A=old-value\n {6}\+A=new-value\n {7}B=2\n/)
  assert.ok(!JSON.stringify(ran.events).includes('old-value'))
})

test('linked:diff exits with 1 for a difference only with --check, and for a host that it cannot read with both', async () => {
  const files = [FILES[0]!]
  put(join(here, '.env.test'), 'A=1\n')
  for (const host of ['a', 'b', 'c']) put(shared(host, '.env'), 'A=1\n')
  assert.equal((await diff({ check: true, files })).exit, 0)
  put(shared('b', '.env'), 'A=2\n')
  assert.deepEqual([(await diff({ files })).exit, (await diff({ check: true, files })).exit], [0, 1])
  fleet.cut('b', 'forGood')
  const cut = await diff({ check: true, files })
  fleet.mend('b')
  assert.notEqual(cut.exit, 0)
  assert.match(cut.lines, /not read: b/)
})

test('linked:diff says that no host could be read, and proposes nothing to send for hosts that it does not know', async () => {
  const files = [FILES[0]!]
  put(join(here, '.env.test'), 'A=1\n')
  for (const host of ['a', 'b', 'c']) put(shared(host, '.env'), 'A=1\n')
  fleet.cut('b', 'forGood')
  const one = await diff({ files })
  for (const host of ['a', 'c']) fleet.cut(host, 'forGood')
  const none = await diff({ files })
  for (const host of ['a', 'b', 'c']) fleet.mend(host)
  assert.match(one.lines, /not read: b\n⚠ 1 linked file is the same here and on 2 hosts$/)
  assert.match(none.lines, /not read: a, b, c\n⚠ no host could be read$/)
})

test('linked:diff says so if this machine lacks the file', async () => {
  put(shared('a', '.env'), 'A=1\n')
  const { lines } = await diff({ files: [FILES[0]!] })
  assert.match(lines, /^\.env \(\.env\.test, not on this machine\)\n {2}⚠ a: differs, 4 bytes there\n/)
  assert.ok(!lines.includes('PUSH'))
})
