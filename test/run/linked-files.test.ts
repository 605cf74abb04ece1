import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { shortPlan } from '../../src/plan/print-short.ts'
import { sh } from '../../src/shell/sh.ts'
import type { LinkedFile } from '../../src/settings/linked-file.ts'
import { startFleet, type Fleet, type Ran, type RunOptions } from './support.ts'

let fleet: Fleet
/** the folder of the config */
let here: string
before(async () => {
  fleet = await startFleet(['a', 'b'])
  here = dirname(fleet.repo)
})
after(() => fleet.stop())
beforeEach(() => {
  for (const host of ['a', 'b']) rmSync(fleet.on(host, ''), { recursive: true, force: true })
  for (const name of ['.env.test', 'config']) rmSync(join(here, name), { recursive: true, force: true })
})

const put = (file: string, content: string, mode?: number): void => {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content, mode === undefined ? {} : { mode })
}
const shared = (host: string, name: string): string => fleet.on(host, `shared/${name}`)
const text = (file: string): string => readFileSync(file, 'utf8')
const modeOf = (file: string): number => statSync(file).mode & 0o777
const deploy = (files: readonly (string | LinkedFile)[], more: RunOptions = {}, task = 'deploy'): Promise<Ran> =>
  fleet.run([task], { ...more, config: { linkedFiles: files, ...more.config } })
const notes = (ran: Ran) =>
  ran.events.flatMap((event) => (event.type === 'log' && event.level === 'info' ? [`${event.host}: ${event.message}`] : []))
const same = (one: string) => one
const planText = (ran: Ran): string => shortPlan(ran.plan!, '', { columns: 200, paint: { bold: same, dim: same, yellow: same, red: same } })

const MISSING = { path: '.env', from: '.env.test', upload: 'missing' } as const
const CHANGED = { path: '.env', from: '.env.test', upload: 'changed' } as const

test('a deploy sends a file to the hosts that lack it, for their account alone, and leaves the others as they are', async () => {
  put(join(here, '.env.test'), 'KEY=new\n', 0o644)
  put(shared('b', '.env'), 'KEY=own\n')
  const ran = await deploy([MISSING])
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(text(fleet.on('a', 'current/.env')), 'KEY=new\n')
  assert.equal(readlinkSync(fleet.on('a', 'current/.env')).endsWith('/shared/.env'), true)
  assert.equal(modeOf(shared('a', '.env')), 0o600)
  assert.equal(text(shared('b', '.env')), 'KEY=own\n')
  assert.deepEqual(
    notes(ran).filter((note) => /\.env/.test(note)),
    ['a: ~/srv/shared/.env was missing, and was sent'],
  )
})

test('a deploy replaces a file that differs, keeps its mode and the old file, and says where that is', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  put(shared('a', '.env'), 'KEY=old\n', 0o640)
  put(shared('b', '.env'), 'KEY=new\n', 0o640)
  const ran = await deploy([CHANGED])
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(text(shared('a', '.env')), 'KEY=new\n')
  assert.equal(modeOf(shared('a', '.env')), 0o640)
  const [kept, ...others] = readdirSync(fleet.on('a', '.shipit/replaced'))
  assert.deepEqual(others, [])
  assert.equal(text(fleet.on('a', `.shipit/replaced/${kept}`)), 'KEY=old\n')
  assert.equal(modeOf(fleet.on('a', `.shipit/replaced/${kept}`)), 0o640)
  assert.deepEqual(
    notes(ran).filter((note) => /\.env/.test(note)),
    [`a: ~/srv/shared/.env differed, and was replaced; the one before is ~/srv/.shipit/replaced/${kept}`],
  )
  assert.equal(existsSync(fleet.on('b', '.shipit/replaced')), false)
})

test('the mode of the config is that of the file on the hosts, also if the file is the same', async () => {
  put(join(here, 'config/key'), 'k')
  put(shared('b', 'config/key'), 'k', 0o600)
  const ran = await deploy([{ path: 'config/key', upload: 'changed', mode: '0440' }])
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual([modeOf(shared('a', 'config/key')), modeOf(shared('b', 'config/key'))], [0o440, 0o440])
})

test('five replaced files are kept', async () => {
  for (let n = 0; n < 7; n++) {
    put(join(here, '.env.test'), `N=${n}\n`)
    assert.equal((await deploy([CHANGED])).exit, 0)
  }
  const kept = readdirSync(fleet.on('a', '.shipit/replaced')).sort()
  assert.deepEqual(
    kept.map((name) => text(fleet.on('a', `.shipit/replaced/${name}`))),
    ['N=1\n', 'N=2\n', 'N=3\n', 'N=4\n', 'N=5\n'],
  )
})

test('a plan says of each linked file how large it is, and whether a host lacks it or has another one', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  put(join(here, 'config/key'), 'k')
  put(shared('b', '.env'), 'KEY=different\n')
  for (const host of ['a', 'b']) put(shared(host, 'config/key'), 'k')
  const ran = await deploy([CHANGED, { path: 'config/key', upload: 'changed' }, { path: 'more', from: '.env.test', upload: 'missing' }], {
    planOnly: true,
  })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  const plan = planText(ran)
  assert.match(plan, /upload \.env\.test to ~\/srv\/shared\/\.env: 8 bytes, missing there/)
  assert.match(plan, /upload \.env\.test to ~\/srv\/shared\/\.env: 8 bytes, differs: 14 bytes there/)
  assert.match(plan, /upload config\/key to ~\/srv\/shared\/config\/key: 1 byte, the same there, so not sent/)
  assert.match(plan, /upload \.env\.test to ~\/srv\/shared\/more: 8 bytes, missing there/)
  assert.equal(existsSync(shared('a', '.env')), false)
})

test('deploy:check neither sends nor replaces a file, and does not miss one that a deploy sends', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  put(shared('b', '.env'), 'KEY=old\n')
  const ran = await deploy([CHANGED], {}, 'deploy:check')
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(existsSync(shared('a', '.env')), false)
  assert.equal(text(shared('b', '.env')), 'KEY=old\n')
})

test('nothing is sent to any host if a check fails on one', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  put(shared('b', 'other'), '')
  const ran = await deploy([MISSING, 'other'])
  assert.equal(ran.exit, 1)
  assert.match(JSON.stringify(ran.failures), /linked file \S+\/other is missing/)
  assert.deepEqual([existsSync(shared('a', '.env')), existsSync(shared('b', '.env'))], [false, false])
})

test('a file that only the command sends is missed with that command', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  put(shared('a', '.env'), '')
  const ran = await deploy([{ path: '.env', from: '.env.test' }, { path: 'config/key' }])
  assert.equal(ran.exit, 1)
  const hints = Object.fromEntries(ran.failures.map(({ host, hint }) => [host, hint]))
  assert.equal(hints['a'], 'send it from this machine: shipit test linked:push config/key --hosts a')
  assert.equal(hints['b'], 'send them from this machine: shipit test linked:push .env config/key --hosts b')
})

test('a deploy without the local file goes on where every host has the file, and otherwise refuses before it changes anything', async () => {
  put(shared('a', '.env'), 'KEY=own\n')
  const refused = await deploy([MISSING])
  assert.equal(refused.exit, 2)
  assert.match(refused.failures[0]!.reason, /^b lacks the linked file \.env, and \S+\/\.env\.test does not exist on this machine$/)
  assert.match(refused.failures[0]!.hint!, /: shipit test linked:pull \.env$/)
  assert.equal(existsSync(fleet.on('a', 'releases')), false)
  put(shared('b', '.env'), 'KEY=own\n')
  assert.equal((await deploy([MISSING])).exit, 0)
  const changed = await deploy([CHANGED])
  assert.equal(changed.exit, 2)
  assert.match(changed.failures[0]!.reason, /\.env\.test does not exist on this machine, and a deploy compares it/)
})

test('a task on this machine may make the file before it is sent', async () => {
  const ran = await deploy([CHANGED], {
    config: {
      tasks: { decrypt: { on: 'local', steps: () => [sh`echo KEY=made > ${join(here, '.env.test')}`] } },
      hooks: { before: { 'deploy:upload_linked_files': 'decrypt' } },
    },
  })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.equal(text(shared('a', '.env')), 'KEY=made\n')
})

test('a link in the place of a linked file is neither followed nor replaced: the plan, the check and the doctor say so', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  for (const host of ['a', 'b']) {
    put(fleet.on(host, 'elsewhere'), 'KEY=old\n')
    mkdirSync(fleet.on(host, 'shared'), { recursive: true })
    symlinkSync('../elsewhere', shared(host, '.env'))
  }
  assert.equal((await deploy([MISSING])).exit, 0)
  const before = fleet.releases('a')
  const message = /^linked file \S+shared\/\.env is a link, which shipit neither follows nor replaces \(it leads to \.\.\/elsewhere\)$/
  const remedy = /^send it from this machine: ssh .* && shipit test linked:push \.env --hosts (a|b)$/
  for (const planOnly of [true, false]) {
    const ran = await deploy([CHANGED], { planOnly })
    assert.deepEqual([ran.exit, ran.failures.map(({ host }) => host)], [1, ['a', 'b']])
    for (const { reason, hint } of ran.failures) {
      assert.match(planOnly ? reason : ran.failures[0]!.output.join('\n'), message)
      assert.match(hint!, remedy)
    }
    if (planOnly) assert.match(planText(ran), /8 bytes, refused: a link is in its place/)
  }
  assert.deepEqual(fleet.releases('a'), before)
  assert.ok(lstatSync(shared('a', '.env')).isSymbolicLink())
  assert.equal(text(fleet.on('a', 'elsewhere')), 'KEY=old\n')
  const doctor = await fleet.run([], { doctor: true, config: { linkedFiles: [CHANGED] } })
  const found = doctor.findings.filter(({ message: said }) => /\.env is a link, which shipit neither follows/.test(said))
  assert.deepEqual(
    found.map(({ host, remedy: what }) => [host, remedy.test(what ?? '')]),
    [
      ['a', true],
      ['b', true],
    ],
  )
  assert.equal((await fleet.run([], { doctor: true, config: { linkedFiles: [MISSING] } })).findings.length, doctor.findings.length - 2)
})

test('a plan refuses what cannot become a linked file that a deploy sends: a folder, a named pipe, a link to nothing', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  for (const [make, message] of [
    [(at: string) => mkdirSync(at), /\.env is a directory, but must be a file/],
    [(at: string) => execFileSync('mkfifo', [at]), /\.env is not a file/],
    [(at: string) => symlinkSync('nothing', at), /\.env is a link to nothing/],
  ] as const) {
    rmSync(shared('a', '.env'), { recursive: true, force: true })
    mkdirSync(fleet.on('a', 'shared'), { recursive: true })
    make(shared('a', '.env'))
    for (const file of [CHANGED, MISSING]) {
      const planned = await deploy([file], { planOnly: true, filter: { hosts: 'a' } })
      assert.equal(planned.exit, 1)
      assert.match(planned.failures[0]!.reason, message)
      assert.equal((await deploy([file], { filter: { hosts: 'a' } })).exit, 1)
    }
  }
})

test('the doctor does not miss a file that a deploy sends, and names the command for one that it does not', async () => {
  put(join(here, '.env.test'), 'KEY=new\n')
  const ran = await fleet.run([], { doctor: true, config: { linkedFiles: [MISSING, { path: 'config/key' }] } })
  const found = ran.findings.filter(({ message }) => /linked file/.test(message))
  assert.deepEqual(
    found.map(({ host, message, remedy }) => `${host}: ${message.replace(/\/\S+\/shared/, 'shared')} → ${remedy}`),
    ['a', 'b'].map(
      (host) =>
        `${host}: the linked file shared/config/key is missing, and so is its directory → send it from this machine: shipit test linked:push config/key --hosts ${host}`,
    ),
  )
})
