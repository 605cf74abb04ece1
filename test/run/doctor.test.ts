import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { defineRecipe, sh } from '../../src/index.ts'
import { startFleet, type Fleet, type Ran, type RunOptions } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b', 'c'])
  assert.equal((await fleet.run(['deploy'])).exit, 0)
})
after(() => fleet.stop())

const examine = (o: RunOptions = {}): Promise<Ran> => fleet.run([], { ...o, doctor: true })
/** The findings, except those about this machine's disk. */
const said = ({ findings }: Ran, recipe = 'core'): string[] =>
  findings
    .filter((one) => one.recipe === recipe && !/are free on/.test(one.message))
    .map(({ host, level, message }) => `${host ?? '*'} ${level}: ${message}`)
/** Every file of every host: its name, mode, times, size and checksum. */
const files = (): string[] =>
  execFileSync('/bin/sh', ['-c', 'find . -printf "%p %m %T@ %C@ %s %l\\n"; find . -type f -exec cksum {} +'], {
    cwd: dirname(fleet.hosts[0]!.home),
    encoding: 'utf8',
  }).split('\n')
/** Waits until the hosts have ended every process of a run. */
const quiet = async (): Promise<void> => {
  for (let i = 0; i < 200 && fleet.hosts.some((host) => host.running().length > 0); i++) await sleep(50)
}

test('doctor on healthy hosts finds nothing, writes nothing and takes no lock', async () => {
  await quiet()
  const before = files()
  const ran = await examine()
  await quiet()
  const after = files()
  assert.ok(before.length > 50)
  assert.deepEqual([before.filter((line) => !after.includes(line)), after.filter((line) => !before.includes(line))], [[], []])
  assert.deepEqual(said(ran), [])
  assert.equal(ran.exit, 0)
  assert.ok(!ran.events.some((event) => event.type === 'lock:taken'))
  assert.deepEqual(
    ran.end.live.map(({ host, release, state }) => [host, release, state]),
    ['a', 'b', 'c'].map((host) => [host, fleet.live(host), 'live']),
  )
  if (ran.findings.length === 0) assert.match(ran.end.headline, /^nothing found: 3 hosts, \d+ checks$/)
})

test('doctor costs one script a host', async () => {
  const sent: string[] = []
  await examine({ filter: { hosts: 'a' }, onSend: (_, bytes) => bytes.toString().endsWith('exit 0\n') && sent.push('script') })
  assert.equal(sent.length, 1)
})

test('doctor reports each problem with its host and a remedy', async () => {
  const { release } = (await fleet.run(['deploy'], { filter: { hosts: 'a' } })).events.find((event) => event.type === 'deploy')!
  const before = fleet.live('b')
  unlinkSync(fleet.on('c', 'current'))
  symlinkSync('/nowhere/20200101000000', fleet.on('c', 'current'))
  mkdirSync(fleet.on('a', 'shared/config'), { recursive: true })
  writeFileSync(fleet.on('a', 'shared/config/master.key'), 'k')
  symlinkSync('nothing', fleet.on('b', 'shared/.env'))
  try {
    const ran = await examine({ branch: 'mian', config: { linkedFiles: ['config/master.key', '.env'] } })
    assert.equal(ran.exit, 1)
    const home = (host: string) => fleet.on(host, 'shared')
    assert.deepEqual(said(ran), [
      `a error: the linked file ${home('a')}/.env is missing`,
      'a error: the repository has no branch or tag "mian" (did you mean "main"?)',
      `b error: the linked file ${home('b')}/config/master.key is missing, and so is its directory`,
      `b error: the linked file ${home('b')}/.env is a link to nothing`,
      'c error: current points to /nowhere/20200101000000, which does not exist',
      `c error: the linked file ${home('c')}/config/master.key is missing, and so is its directory`,
      `c error: the linked file ${home('c')}/.env is missing`,
      `* warning: the hosts are on different releases: ${release} on a; ${before} on b; none on c`,
    ])
    assert.ok(ran.findings.every(({ remedy }) => remedy.length > 10))
    const named = /^shipit test deploy, or shipit test deploy:rollback --release (\d{14})$/.exec(ran.findings.at(-1)!.remedy)?.[1]
    assert.ok(named !== undefined)
    unlinkSync(fleet.on('c', 'current'))
    assert.equal((await fleet.run(['deploy:rollback'], { release: named })).exit, 0)
    assert.match(ran.end.headline, /^\d+ findings on 3 hosts$/)
  } finally {
    rmSync(fleet.on('c', 'current'), { force: true })
    assert.equal((await fleet.run(['deploy'])).exit, 0)
  }
})

test('an unreadable repository is reported once, for the host that would resolve the branch', async () => {
  const ran = await examine({ config: { repoUrl: '/nowhere.git' } })
  assert.deepEqual(
    said(ran).map((text) => text.replace(/: fatal.*/, '')),
    ['a error: the repository /nowhere.git cannot be read from here'],
  )
})

test('folders that the account may not write in are findings, unless it is root', async () => {
  chmodSync(fleet.on('b', 'releases'), 0o500)
  try {
    const found = said(await examine()).join()
    if (process.getuid?.() === 0) assert.doesNotMatch(found, /may not write/)
    else assert.match(found, /^b error: \S+ may not write in \S+\/releases: it belongs to /)
  } finally {
    chmodSync(fleet.on('b', 'releases'), 0o700)
  }
})

test('a deployTo that is a file is a finding', async () => {
  writeFileSync(fleet.on('b', '../file'), '')
  const ran = await examine({ filter: { hosts: 'b' }, config: { deployTo: '~/file/app' } })
  assert.match(said(ran).join(), /^b error: \S+\/b\/file is not a directory/)
  rmSync(fleet.on('b', '../file'))
})

test('the lock of another run is a warning', async () => {
  let examined: Promise<Ran> | undefined
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: { slow: { steps: () => [sh`while [ ! -e ~/go ]; do sleep 0.05; done`] } },
      hooks: { after: { 'deploy:updated': 'slow' } },
    },
    onEvent: (event) => {
      if (event.type !== 'step:start' || event.task !== 'slow' || examined) return
      examined = examine().finally(() => fleet.hosts.forEach(({ home }) => writeFileSync(`${home}/go`, '')))
    },
  })
  assert.equal(ran.exit, 0)
  const { exit, findings } = await examined!
  const locks = findings.filter(({ message }) => message.includes('another run holds the lock: anna@desk: test deploy, since 20'))
  assert.deepEqual(
    locks.map(({ host, level }) => [host, level]),
    ['a', 'b', 'c'].map((host) => [host, 'warning']),
  )
  assert.equal(exit, 0)
  assert.deepEqual(said(await examine()), [])
  fleet.hosts.forEach(({ home }) => rmSync(`${home}/go`))
})

const puma = defineRecipe({
  name: 'puma',
  settings: z.object({ unit: z.string().default('puma') }),
  facts: ({ settings, runs, host }) => ({ plain: sh`echo ${settings.unit} ${host.name} ${String(runs('puma:restart'))}`.probe() }),
  doctor: {
    facts: ({ settings }) => ({ more: sh`echo more of ${settings.unit}; exit 3`.probe() }),
    findings: ({ facts, host, layout }) =>
      host.name === 'b'
        ? [
            { level: 'warning', message: `${facts['plain']!.stdout.trim()}, ${facts['more']!.stdout.trim()}`, remedy: 'none needed' },
            { level: 'error', message: `${facts['more']!.code} ${layout.releases.length > 0}`, remedy: 'look at it' },
          ]
        : [],
  },
})

test("each recipe's doctor gets its facts, and reports its findings", async () => {
  const ran = await examine({ config: { use: [puma({}, { name: 'web' })] } })
  assert.deepEqual(said(ran, 'web'), ['b warning: puma b false, more of puma', 'b error: 3 true'])
  assert.equal(ran.exit, 1)
})

test('a recipe that throws is a failure with its location, and the other checks go on', async () => {
  const breaks = defineRecipe({
    name: 'breaks',
    doctor: { findings: ({ host }) => [host.vars['list'] as never].map((one: string[]) => one.at(0) as never) },
  })
  const asks = defineRecipe({
    name: 'asks',
    doctor: {
      facts: () => {
        throw new Error('no question')
      },
      findings: () => [],
    },
  })
  const ran = await examine({ config: { use: [breaks(), asks(), puma()] } })
  assert.equal(ran.exit, 1)
  assert.deepEqual(
    ran.failures
      .filter(({ host }) => host === 'a')
      .map(({ reason, where }) => [reason.split(': ').slice(0, 2).join(': '), /doctor\.test\.ts:\d+/.test(where ?? '')]),
    [
      ['the facts of asks: no question', true],
      ['the doctor of breaks: TypeError', true],
    ],
  )
  assert.equal(said(ran, 'puma').length, 2)
})

test('findings of a wrong shape are a failure that says what they must be, and the other checks go on', async () => {
  const rows: readonly (readonly [unknown, RegExp])[] = [
    [[null], /item 1 is something else/],
    [['text'], /item 1 is something else/],
    [
      [
        { level: 'error', message: 'one', remedy: 'two' },
        { level: 'weird', message: 'm', remedy: 'r' },
      ],
      /item 2 is something else/,
    ],
    [[{ level: 'error', message: 'no remedy' }], /findings must return a list of \{ level/],
    [() => Promise.reject(new Error('async')), /not a promise/],
  ]
  for (const [found, says] of rows) {
    const odd = defineRecipe({ name: 'odd', doctor: { findings: () => (typeof found === 'function' ? found() : found) as never } })
    const ran = await examine({ config: { use: [odd(), puma()] } })
    assert.equal(ran.exit, 1)
    assert.match(ran.failures.find(({ host }) => host === 'a')!.reason, says)
    assert.deepEqual([said(ran, 'odd').length, said(ran, 'puma').length], [0, 2])
  }
})

test('an unreachable host is a failure with exit 3, and the other hosts are examined', async () => {
  fleet.cut('b', 'forGood')
  try {
    const ran = await examine({ config: { use: [puma()] } })
    assert.equal(ran.exit, 3)
    assert.deepEqual(
      ran.failures.map(({ host }) => host),
      ['b'],
    )
    assert.match(ran.end.headline, /^1 host could not be examined; /)
    assert.equal(ran.events.filter((event) => event.type === 'facts').length, 2)
  } finally {
    fleet.mend('b')
  }
})

test('an interrupt ends doctor without partial findings', async () => {
  const ran = await examine({ onEvent: (event, interrupt) => event.type === 'host:connected' && interrupt('SIGINT') })
  assert.deepEqual([ran.exit, ran.end.headline, ran.findings, ran.failures], [130, 'interrupted', [], []])
})
