import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readlinkSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { terminals } from './support/terminal.ts'
import { startShop, type Shop } from './support/shop.ts'

/** A worker that goes on in the release that it was started in. */
const WORKER = `use: [defineRecipe({
  name: 'worker',
  tasks: {
    start: {
      steps: ({ paths }) => [
        sh.in(paths.current)\`setsid sleep 600 >/dev/null 2>&1 &
echo $! >\${paths.shared}/pid\`.daemon(),
      ],
    },
    stop: { steps: ({ paths }) => [sh\`kill $(cat \${paths.shared}/pid)\`] },
  },
  status: ({ paths }) => ({
    one: serviceStatus(['worker'], sh\`pid=$(cat \${paths.shared}/pid 2>/dev/null) || pid=0
if [ "$pid" != 0 ]; then echo "worker $pid yes runs"; else echo 'worker 0 no down'; fi\`),
  }),
})()],`

let shop: Shop
before(async () => {
  shop = await startShop(['a', 'b', 'c'], WORKER)
})
after(async () => {
  await run('worker:stop')
  await shop.stop()
})

const run = (...words: string[]) => shop.place.shipit(['test', ...words], { cwd: 'project' })
const live = (host: string): string => readlinkSync(shop.on(host, 'current')).slice(-14)
const json = async (...words: string[]) => JSON.parse((await run('status', '--json', ...words)).stdout)
const deploy = async (...words: string[]): Promise<void> => {
  const ran = await run('deploy', ...words)
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
}

test('status of hosts without a release says that nothing is live, exit 0 with --check too', async () => {
  const ran = await run('status', '--check')
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  assert.equal(
    ran.stdout,
    `  host     live  commit  by  for
  a, b, c  none

  service  host     state   release
  worker   a, b, c  ⚠ down

✔ nothing is live yet
`,
  )
})

test('status shows release, commit, person, subject, the release before it and the services of each host', async () => {
  await deploy()
  const first = live('a')
  const commit = shop.commit('cart', 'Add a cart', 'Grace Hopper')
  await deploy()
  await run('worker:start')
  const ran = await run('status', '--check')
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  assert.equal(ran.stderr, '')
  assert.equal(
    ran.stdout.replaceAll(/\d+ (s|min)\b/g, 'N s'),
    `  host     live            commit   by      for
  a, b, c  ${live('a')}  ${commit.slice(0, 7)}  tester  N s
    Add a cart
    before it: ${first}

  service  host     state  release
  worker   a, b, c  runs   ${live('a')}

✔ all 3 hosts on release ${live('a')}
`,
  )
})

test('status --json has all of it, with the times of the host', async () => {
  const { application, stage, hosts, drift } = await json()
  assert.deepEqual([application, stage, drift, hosts.length], ['shop', 'test', [], 3])
  const [{ live: on, services, ...rest }] = hosts
  const { since, seconds, commit, ...known } = on
  assert.ok(Math.abs(Date.parse(since) + seconds * 1000 - Date.now()) < 120_000, since)
  assert.match(commit, /^[0-9a-f]{40}$/)
  assert.deepEqual(known, {
    release: live('a'),
    state: 'good',
    subject: 'Add a cart',
    author: 'Grace Hopper',
    branch: 'main',
    by: 'tester',
  })
  assert.deepEqual({ ...rest, before: 14 }, { host: 'a', read: true, current: null, differs: false, before: 14, lock: null, hold: null })
  assert.ok(services[0].pid > 0 && services[0].seconds >= 0)
  assert.deepEqual(
    { ...services[0], pid: 1, seconds: 0 },
    { recipe: 'worker', name: 'worker', state: 'runs', up: true, pid: 1, seconds: 0, from: 'live', release: live('a') },
  )
})

test('status marks a host that differs and a service of an older release, and --check exits with 1', async () => {
  const others = live('b')
  shop.commit('till', 'Add a till')
  await deploy('--hosts', 'a')
  const ran = await run('status')
  assert.equal(ran.code, 0)
  assert.match(ran.stdout, new RegExp(`^ {2}a +${live('a')} .* ⚠ differs$`, 'm'))
  assert.match(ran.stdout, new RegExp(`^ {2}worker +a +runs +⚠ ${others}$`, 'm'))
  assert.match(ran.stdout, new RegExp(`^ {2}worker +b, c +runs +${others}$`, 'm'))
  assert.deepEqual(ran.stdout.split('\n').slice(-4), [
    `⚠ a: is on ${live('a')}; others are on ${others}`,
    `⚠ a: worker runs from ${others}, which is not the live one`,
    '⚠ 1 of 3 hosts is not in step',
    '',
  ])
  assert.equal((await run('status', '--check')).code, 1)
  assert.equal((await run('status', '--check', '--hosts', 'b,c')).code, 0)
  assert.deepEqual(
    (await json()).drift.map(({ host }: { host: string }) => host),
    ['a', 'a'],
  )
  await deploy('--hosts', 'b,c', '--branch', 'main')
})

test('status of a host that is down shows the others, exit 3, or 1 with --check', async () => {
  const config = shop.place.read('ssh_config')
  shop.place.write({ ssh_config: config.replace(/(Host c\n.*\n +Port )\d+/, '$11') })
  try {
    const ran = await run('status')
    assert.equal(ran.code, 3)
    assert.match(ran.stderr, /✖ on c: cannot connect to 127\.0\.0\.1:1: connection refused/)
    assert.match(ran.stdout, /^ {2}a +\d{14} /m)
    assert.match(ran.stdout, /^ {2}c +✖ not read$/m)
    assert.match(ran.stdout, /^⚠ c: could not be read$/m)
    const checked = await run('status', '--check', '--json')
    assert.equal(checked.code, 1)
    assert.deepEqual(JSON.parse(checked.stdout).hosts[2], { host: 'c', read: false })
  } finally {
    shop.place.write({ ssh_config: config })
  }
})

test('status of a release that Capistrano made has its person from revisions.log and its commit from the mirror', async () => {
  const old = '20200101120000'
  mkdirSync(shop.on('b', `releases/${old}`), { recursive: true })
  const commit = shop.git('rev-parse', 'HEAD')
  writeFileSync(shop.on('b', `releases/${old}/REVISION`), `${commit}\n`)
  writeFileSync(shop.on('b', 'revisions.log'), `Branch main (at ${commit.slice(0, 7)}) deployed as release ${old} by otto\n`)
  const before = readlinkSync(shop.on('b', 'current'))
  unlinkSync(shop.on('b', 'current'))
  symlinkSync(shop.on('b', `releases/${old}`), shop.on('b', 'current'))
  try {
    const { hosts } = await json('--hosts', 'b')
    const { release, by, subject, author } = hosts[0].live
    assert.deepEqual([release, by, subject, author], [old, 'otto', 'Open the shop', 'Ada Lovelace'])
    assert.equal(hosts[0].before, null)
  } finally {
    unlinkSync(shop.on('b', 'current'))
    symlinkSync(before, shop.on('b', 'current'))
  }
})

test('status names what current is, if that is not a release', async () => {
  const before = readlinkSync(shop.on('c', 'current'))
  unlinkSync(shop.on('c', 'current'))
  symlinkSync('/usr', shop.on('c', 'current'))
  try {
    const ran = await run('status')
    assert.match(ran.stdout, /^ {2}c +- .*⚠ differs\n {4}current: \/usr$/m)
    assert.match(ran.stdout, new RegExp(`^⚠ c: current is /usr; others are on ${live('b')}$`, 'm'))
  } finally {
    unlinkSync(shop.on('c', 'current'))
    symlinkSync(before, shop.on('c', 'current'))
  }
})

test('status shows which hosts are locked until they are unlocked, by whom and why', async () => {
  const { code, stdout } = await run('lock', '-m', 'moving the database', '--hosts', 'a,c')
  assert.equal(code, 0, stdout)
  try {
    assert.match(
      (await run('status')).stdout,
      /^ {2}a, c: locked by tester@\S+ since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC \(.+ ago\): moving the database$/m,
    )
    const { hosts } = await json()
    assert.deepEqual([hosts[0].hold.reason, hosts[1].hold], ['moving the database', null])
  } finally {
    await run('unlock')
  }
  assert.equal((await json()).hosts[0].hold, null)
})

test('status shows who holds the lock, and for what', async () => {
  shop.config(`tasks: { hold: { steps: ({ paths }) => [
    sh\`touch \${paths.shared}/held; while [ ! -e \${paths.shared}/go ]; do sleep 0.1; done\`,
  ] } }, hooks: { after: { 'deploy:starting': 'hold' } },`)
  const deploying = run('deploy')
  try {
    while (!existsSync(shop.on('b', 'shared/held'))) await sleep(20)
    const ran = await run('status')
    assert.match(ran.stdout, /^ {2}locked on a, b, c by tester@\S+: test deploy, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/m)
    assert.equal((await json()).hosts[1].lock.what, 'test deploy')
  } finally {
    for (const host of ['a', 'b', 'c']) writeFileSync(shop.on(host, 'shared/go'), '')
    assert.equal((await deploying).code, 0)
    shop.config()
  }
  assert.equal((await json()).hosts[1].lock, null)
})

test('status shows who locked the stage until it is unlocked, and why', async () => {
  await run('lock', '-m', 'moving the database')
  try {
    const ran = await run('status')
    assert.match(ran.stdout, /^ {2}a, b, c: locked by tester@\S+ since \S+ \S+ UTC \(\d+ seconds? ago\): moving the database$/m)
    const { hold } = (await json()).hosts[1]
    assert.match(`${hold.owner} ${hold.since}`, /^tester@\S+ \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    assert.equal(hold.reason, 'moving the database')
  } finally {
    assert.equal((await run('unlock')).code, 0)
  }
  assert.equal((await json()).hosts[1].hold, null)
})

test('status in a terminal fits its width', async () => {
  const words = shop.place.words('test', 'status')
  const terminal = terminals()('status', words, { cwd: join(shop.place.dir, 'project'), env: { HOME: shop.place.home, USER: 'tester' } })
  const screen = await terminal.until(/exit \d/)
  assert.match(screen, new RegExp(`^ {2}a +${live('a')} `, 'm'))
  for (const line of screen.split('\n')) assert.ok(line.length <= 80)
  assert.match(screen, /^⚠ 3 of 3 hosts are not in step$/m)
  assert.match(screen, /^exit 0$/m)
})

test('status that is interrupted ends with 130 and prints nothing of the hosts', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const config = shop.place.read('ssh_config')
  shop.place.write({ ssh_config: config.replace(/(Host c\n.*\n +Port )\d+/, `$1${(silent.address() as AddressInfo).port}`) })
  try {
    const child = shop.place.spawn(['test', 'status'], { cwd: 'project' })
    let [out, err] = ['', '']
    child.stdout!.on('data', (chunk) => (out += chunk))
    child.stderr!.on('data', (chunk) => (err += chunk))
    const [socket] = (await once(silent, 'connection')) as [Socket]
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]
    socket.destroy()
    assert.deepEqual([code, out], [130, ''])
    assert.match(err, /interrupted\n$/)
  } finally {
    silent.close()
    shop.place.write({ ssh_config: config })
  }
})

test('status is a usage error with words after it, and of a stage that does not exist', async () => {
  const words = await run('status', 'deploy')
  assert.equal(words.code, 2)
  assert.match(words.stderr, /status takes no deploy/)
  assert.equal((await shop.place.shipit(['tset', 'status'], { cwd: 'project' })).code, 2)
})

test('a task of the config called status runs instead of the command', async () => {
  shop.config('tasks: { status: { steps: () => [sh`echo mine`] } },')
  try {
    const ran = await run('status', '--hosts', 'a')
    assert.equal(ran.code, 0, ran.stderr)
    assert.match(ran.stdout, /mine/)
  } finally {
    shop.config()
  }
})
