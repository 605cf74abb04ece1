import assert from 'node:assert/strict'
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { startShop, type Shop } from './support/shop.ts'

let shop: Shop
before(async () => {
  shop = await startShop(['a', 'b', 'c'])
})
after(() => shop.stop())

const run = (...words: string[]) => shop.place.shipit(['test', ...words], { cwd: 'project' })
const live = (host: string): string => readlinkSync(shop.on(host, 'current')).slice(-14)
const withoutAges = (text: string): string => text.replaceAll(/\d+ (s|min) {2,}/g, 'N s  ').replace(/age {2,}/, 'age  ')
const done = async (...words: string[]): Promise<string> => {
  const ran = await run(...words)
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  return live('a')
}

test('releases of hosts without one says so', async () => {
  const ran = await run('releases')
  assert.deepEqual([ran.code, ran.stdout, ran.stderr], [0, '✔ there are no releases\n', ''])
  assert.deepEqual(JSON.parse((await run('releases', '--json')).stdout), {
    application: 'shop',
    stage: 'test',
    unread: [],
    rollback: null,
    releases: [],
  })
})

test('releases lists them newest first, with state, commit, age, author, subject, and where a rollback goes', async () => {
  const one = shop.commit('cart', 'Add a cart', 'Grace Hopper').slice(0, 7)
  const first = await done('deploy')
  assert.match((await run('releases')).stdout, /\n✔ 1 release on 3 hosts; there is none to go back to\n$/)
  const two = shop.commit('till', 'Add a till', 'Alan Turing').slice(0, 7)
  const second = await done('deploy')
  const ran = await run('releases')
  assert.deepEqual([ran.code, ran.stderr], [0, ''])
  assert.equal(
    withoutAges(ran.stdout),
    withoutAges(`  release         state       commit   age  author        subject
  ${second}  good, live  ${two}  9 s  Alan Turing   Add a till
  ${first}  good        ${one}  9 s  Grace Hopper  Add a cart

✔ 2 releases on 3 hosts; deploy:rollback goes to ${first}
`),
  )
})

test('releases names the hosts where they differ', async () => {
  const [before, second] = [live('a'), await done('deploy:rollback')]
  shop.commit('sign', 'Hang a sign')
  const third = await done('deploy', '--hosts', 'a')
  mkdirSync(shop.on('b', 'releases/20200101120000'))
  writeFileSync(shop.on('b', 'releases/20200101120000/REVISION'), 'x\n')
  const ran = await run('releases')
  assert.equal(ran.code, 0)
  assert.deepEqual(
    ran.stdout
      .trim()
      .split('\n')
      .slice(1, -2)
      .map((line) => line.replace(/^ {2}(\d{14} {2}\w+) .*/, '$1')),
    [
      `${third}  differs`,
      '    good, live on a',
      '    missing on b, c',
      `${before}  bad`,
      `${second}  differs`,
      '    good on a',
      '    good, live on b, c',
      '20200101120000  differs',
      '    missing on a, c',
      '    unknown on b',
    ],
  )
  const { rollback, releases } = JSON.parse((await run('releases', '--json')).stdout)
  assert.equal(rollback, null)
  assert.deepEqual(releases[0].hosts, [
    { host: 'a', state: 'good', live: true },
    { host: 'b', state: 'missing', live: false },
    { host: 'c', state: 'missing', live: false },
  ])
  assert.deepEqual(
    [releases[0].subject, releases[0].author, releases[0].branch, releases[0].by],
    ['Hang a sign', 'Ada Lovelace', 'main', 'tester'],
  )
  assert.match(ran.stdout, /\n✔ 4 releases on 3 hosts; deploy:rollback needs --release\n$/)
})

test('releases of a host that is down lists those of the others, exit 3', async () => {
  const config = shop.place.read('ssh_config')
  shop.place.write({ ssh_config: config.replace(/(Host c\n.*\n +Port )\d+/, '$11') })
  const ran = await run('releases')
  shop.place.write({ ssh_config: config })
  assert.equal(ran.code, 3)
  assert.match(ran.stderr, /on c: cannot connect/)
  assert.match(ran.stdout, /\n⚠ not read: c\n⚠ 4 releases on 2 hosts\n$/)
})
